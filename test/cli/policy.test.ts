/** `vasini policy` as scripts meet it: what is asked, what is printed, and the exit codes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_POLICY, type Effect } from "../../src/policy/index.ts";
import { toolQuestion } from "../policy/questions.ts";
import { type Answer, documentOf, json, problem, runBin, startServer, type TestServer } from "./run-bin.ts";

const decision = (n: number, effect: Effect, rules: readonly string[] = []) => ({
  ...{ id: `${n}`, effect, reasons: rules.map((rule) => ({ rule, message: "" })), input: toolQuestion() },
});
/** Of a call that the default policy asks a person about, and the careful one does not. */
const critical = {
  ...decision(2, "ask"),
  input: toolQuestion({ tool: { id: "git", risk_level: "critical", labels: [] } }),
};
const CAREFUL = join(import.meta.dirname, "../fixtures/policies/careful.wasm");
/** Two pages, of a policy that denied what the default one allows. */
const pages: Answer = (response, asked, nth) => {
  const isFirst = !asked.path.includes("cursor=");
  const items = isFirst ? [decision(1, "allow"), decision(2, "deny", ["mine"])] : [decision(3, "deny", ["mine"])];
  json(200, { items, next_cursor: isFirst ? "more" : null })(response, asked, nth);
};

const folder = mkdtempSync(join(tmpdir(), "vasini-policy-test-"));
const path = (name: string): string => join(folder, name);
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ "GET /api/v1/decisions": pages });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...words: string[]) => runBin(["policy", ...words], { url: server.url });

describe("policy rehearse", () => {
  it("reads every page since then, shows what would newly be let through, and exits 1 for it", async () => {
    const ran = await run("rehearse", "default", "--since", "2d", "--json");
    expect(ran.code).toBe(1);
    expect(documentOf(ran)).toEqual({
      ...{ policy: DEFAULT_POLICY.digest, asked: 3, wider: 2, narrower: 0 },
      changes: [
        {
          ...{ wider: true, before: "deny", after: "allow", count: 2, pack_id: "hello", tool_id: "file_manager" },
          ...{ rules_before: ["mine"], rules_after: [], example: toolQuestion() },
        },
      ],
    });
    const [first, second] = server.asked.slice(-2).map((asked) => new URLSearchParams(asked.path.split("?")[1]));
    const ago = Date.now() - Date.parse(first?.get("since") ?? "");
    expect([Math.round(ago / 86_400_000), first?.get("cursor"), second?.get("cursor")]).toEqual([2, null, "more"]);
  });

  it("prints a line for each change to people, and the sum beside it", async () => {
    const ran = await run("rehearse", "default");
    expect(ran.stdout).toMatch(/^wider +2 +deny +allow +hello +file_manager +mine +-$/m);
    expect(ran.stderr).toContain("3 decisions: 2 wider, 0 narrower, 1 the same");
  });

  it("takes a policy of the tenant's own for what it is: one that adds to the default one", async () => {
    const held = await startServer({
      "GET /api/v1/decisions": json(200, { items: [decision(1, "allow"), critical], next_cursor: null }),
    });
    const effects = async (...words: string[]) => {
      const ran = await runBin(["policy", "rehearse", CAREFUL, ...words, "--json"], { url: held.url });
      const { changes } = documentOf(ran) as { changes: { before: string; after: string }[] };
      return [ran.code, ...changes.map(({ before, after }) => `${before} ${after}`)];
    };
    expect(await effects()).toEqual([1, "ask allow", "allow deny"]);
    expect(await effects("--own")).toEqual([0, "allow deny"]);
    await held.close();
  });

  it("exits 0 when nothing changes", async () => {
    const same = await startServer({
      "GET /api/v1/decisions": json(200, { items: [decision(1, "allow")], next_cursor: null }),
    });
    const ran = await runBin(["policy", "rehearse", "default"], { url: same.url });
    await same.close();
    expect([ran.code, ran.stdout]).toEqual([0, ""]);
  });

  it("fails on a decision of a kind that it does not know, and without the scope", async () => {
    const routes: readonly (readonly [Answer, number, string])[] = [
      [json(200, { items: [{ ...decision(1, "allow"), input: {} }], next_cursor: null }), 1, "BAD_ANSWER"],
      [problem(403, "FORBIDDEN"), 4, "FORBIDDEN"],
    ];
    for (const [answer, code, name] of routes) {
      const strict = await startServer({ "GET /api/v1/decisions": answer });
      const ran = await runBin(["policy", "rehearse", "default", "--json"], { url: strict.url });
      await strict.close();
      expect([ran.code, documentOf(ran)]).toMatchObject([code, { error: { code: name } }]);
    }
  });

  it("says what is no policy and no time", async () => {
    for (const words of [
      ["rehearse", path("nowhere")],
      ["rehearse", "default", "--since", "yesterday"],
    ]) {
      const ran = await run(...words, "--json");
      expect([ran.code, documentOf(ran)]).toMatchObject([2, { error: { code: "USAGE" } }]);
    }
  });

  it("says that a file is no compiled policy, instead of showing one that denies everything", async () => {
    writeFileSync(path("broken.wasm"), "no module");
    const ran = await run("rehearse", path("broken.wasm"), "--json");
    expect([ran.code, documentOf(ran)]).toMatchObject([1, { error: { code: "POLICY_INVALID" } }]);
  });
});

describe("policy diff", () => {
  it("asks both every kind of question, and finds a policy equal to itself", async () => {
    const ran = await run("diff", "default", "default", "--tenant", "acme", "--json");
    expect([ran.code, documentOf(ran)]).toEqual([
      0,
      { policy: DEFAULT_POLICY.digest, asked: 6_144, wider: 0, narrower: 0, changes: [] },
    ]);
  });
});

describe("Rego", () => {
  /** A stand-in for the compiler, which does what `body` says. */
  const withOpa = async (body: string, ...words: string[]) => {
    const bin = mkdtempSync(path("bin-"));
    writeFileSync(join(bin, "opa"), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    const environment = { PATH: `${bin}:/usr/bin:/bin` };
    return runBin(["policy", ...words, "--json"], { url: server.url, environment });
  };

  it("needs a compiler, and says which", async () => {
    const ran = await runBin(["policy", "test", "--json"], { environment: { PATH: path("empty") } });
    expect([ran.code, documentOf(ran)]).toMatchObject([1, { error: { code: "POLICY_COMPILER_MISSING" } }]);
  });

  it("is compiled for its one entry point, without its tests", async () => {
    const rules = path("rules");
    mkdirSync(rules);
    const wasm = join(import.meta.dirname, "../../src/policy/compiled");
    const build = `case "$*" in *"--entrypoint vasini/authz/decision --ignore *_test.rego"*" .") [ "$PWD" = "${rules}" ] || exit 8 ;; *) exit 9 ;; esac
      while [ "$1" != --output ]; do shift; done; tar -czf "$2" -C ${wasm} policy.wasm`;
    const ran = await withOpa(build, "diff", "default", rules);
    expect([ran.code, documentOf(ran)]).toMatchObject([0, { policy: DEFAULT_POLICY.digest, asked: 6_144 }]);
  });

  it("that does not compile is told in the compiler's words", async () => {
    const ran = await withOpa('echo "rego_parse_error: there" >&2; exit 1', "diff", "default", folder);
    expect(ran.code).toBe(1);
    expect(documentOf(ran)).toMatchObject({
      error: { code: "POLICY_INVALID", message: expect.stringContaining("rego_parse_error: there") },
    });
  });

  it("is checked strictly, then tested; the tests' word is the exit code", async () => {
    const good = await withOpa('[ "$1" = test ] && echo "PASS: 2/2"; true', "test", folder);
    expect([good.code, documentOf(good)]).toEqual([0, { ok: true, path: folder, output: "PASS: 2/2" }]);
    for (const failing of ["check", "test"]) {
      const bad = await withOpa(`[ "$1" = ${failing} ] && { echo "FAIL: 1/2"; exit 2; }; true`, "test", folder);
      expect([bad.code, documentOf(bad)]).toMatchObject([
        1,
        { error: { code: "TESTS_FAILED", message: expect.stringContaining("FAIL: 1/2") } },
      ]);
    }
  });
});
