/** How a command ends that waits: for standard input, for a program it started, for a tool; by Ctrl-C and by a mistake. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { unlessEnded } from "../../src/cli/pack-test.ts";
import { headOf, makeRows, toLines } from "../audit/log.ts";
import { makeFolder } from "./fresh-folder.ts";
import { documentOf, runBin, startBin } from "./run-bin.ts";

/** Far more than a pipe holds: once it is taken, the command is reading. */
const MUCH = 4 * 1024 * 1024;
const auditRows = await makeRows(700);
const rowLines = toLines(auditRows, await headOf(auditRows)).slice(0, -1);
/** Rows without their head: the check goes on waiting for it. */
const rowsOnly = `${rowLines.join("\n")}\n${" \n".repeat(MUCH / 2)}`;

const folder = mkdtempSync(join(tmpdir(), "vasini-interrupt-"));
const pack = await makeFolder("vasini-interrupt-pack-");
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await pack.remove();
});

const INTERRUPTED = { ok: false, error: { code: "INTERRUPTED", hint: null } };

describe("Ctrl-C", () => {
  const waiting: readonly (readonly [name: string, words: readonly string[], stdin: string])[] = [
    ["run", ["run", "hello", "-"], "x".repeat(MUCH)],
    ["secrets set", ["secrets", "set", "a", "--host", "example.com"], "x".repeat(MUCH)],
    ["guard scan", ["guard", "scan"], "\n".repeat(MUCH)],
    ["audit verify", ["audit", "verify", "-"], rowsOnly],
  ];
  for (const [name, words, stdin] of waiting) {
    it(`ends a command that waits for standard input with 130: ${name}`, async () => {
      const running = startBin([...words, "--json"], { stdin, stdinStaysOpen: true });
      await running.taken;
      running.child.kill("SIGINT");
      const ran = await running.ended;
      expect([ran.code, documentOf(ran)]).toMatchObject([130, INTERRUPTED]);
    });
  }

  it("ends policy test with 130, and the compiler with it", async () => {
    // The stand-in for the compiler presses it: then it surely runs.
    writeFileSync(join(folder, "opa"), '#!/bin/sh\nkill -INT "$PPID"\nexec cat\n', { mode: 0o755 });
    const environment = { PATH: `${folder}:/usr/bin:/bin` };
    const ran = await runBin(["policy", "test", folder, "--json"], { environment });
    expect([ran.code, documentOf(ran)]).toMatchObject([130, INTERRUPTED]);
  });

  it("ends pack test with 130 while a tool runs, and says so", async () => {
    const tools = ["quick", "spin"].map((id) => `{ id: ${id}, name: T, sandbox: { timeout: "60s" } }`).join(", ");
    const manifest = `schema_version: "1.0"
pack_id: p
version: 1.0.0
risk_level: low
author: { name: T }
role: { title: T, domain: D, seniority: lead, goal: { primary: P } }
tools: { available: [${tools}] }
`;
    const toolOf = (body: string) =>
      `import { defineTool } from "vasini/tool";\nexport default defineTool({ parameters: { type: "object" }, async run() { ${body} } });\n`;
    await pack.write("p/profession-pack.yaml", manifest);
    await pack.write("p/tools/quick.ts", toolOf("return 1;"));
    await pack.write("p/tools/spin.ts", toolOf("for (;;);"));
    for (const id of ["quick", "spin"]) await pack.write(`p/tools/${id}.test.jsonl`, '{"name": "n", "result": 1}\n');
    const running = startBin(["pack", "test", join(pack.root, "p")]);
    await running.printed("ok quick: n\n");
    running.child.kill("SIGINT");
    const ran = await running.ended;
    expect([ran.code, ran.stderr]).toEqual([130, "error INTERRUPTED: Interrupted.\n"]);
  });
});

describe("a mistake in standard input", () => {
  const wrong: readonly (readonly [name: string, words: readonly string[], stdin: string, code: number])[] = [
    ["guard scan", ["guard", "scan"], '{"text": "a"}\nnope\n', 2],
    ["audit verify", ["audit", "verify", "-"], "nope\n", 1],
  ];
  for (const [name, words, stdin, code] of wrong) {
    it(`ends the command though the input goes on: ${name}`, async () => {
      const ran = await startBin(words, { stdin, stdinStaysOpen: true }).ended;
      expect(ran.code).toBe(code);
      expect(ran.stderr).toMatch(/Line \d/);
    });
  }
});

describe("a case of pack test", () => {
  const never = new Promise<never>(() => {});
  const over = AbortSignal.abort();
  const open = new AbortController().signal;

  it("that does not end in time is TIMEOUT, and one that the user ends is INTERRUPTED", async () => {
    const codeOf = (user: AbortSignal, clock: AbortSignal) =>
      unlessEnded(never, { user, clock }).catch((thrown) => Object(thrown).failure.code);
    expect([await codeOf(open, over), await codeOf(over, open)]).toEqual(["TIMEOUT", "INTERRUPTED"]);
  });

  it("that ends first is what it gave", async () => {
    expect(await unlessEnded(Promise.resolve(7), { user: open, clock: open })).toBe(7);
  });
});
