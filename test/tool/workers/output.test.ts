/** What is kept of standard output and error, and of what the end of a program has to say: whole characters, up to a limit. */
import { describe, expect, it } from "vitest";
import { Output } from "../../../src/tool/workers/code-executor/output.ts";
import { runProgram } from "../../../src/tool/workers/code-executor/program.ts";
import { NOTE_BYTES_MAX, NOTES_BYTES_MAX, OUTPUT_BYTES_MAX } from "../../../src/tool/workers/limits.ts";
import { builtParts, testPace } from "./built.ts";
import { request } from "./request.ts";

const jsonBytes = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).byteLength;

/** No character takes more as JSON. */
const CHARACTER_BYTES_MAX = 6;

/** What the host takes. */
const RESULT_BYTES_MAX = 256 * 1024;

describe("output over its limit", () => {
  for (const [what, text] of [
    ["of plain text", "x".repeat(OUTPUT_BYTES_MAX + 1)],
    ["of much more", "x".repeat(10 * OUTPUT_BYTES_MAX)],
    ["of pairs", "🙂".repeat(OUTPUT_BYTES_MAX)],
    ["of pairs, begun at another place", `x${"🙂".repeat(OUTPUT_BYTES_MAX)}`],
    ["of lines", `${"x".repeat(70)}\n`.repeat(OUTPUT_BYTES_MAX)],
    ["of three bytes each", "€".repeat(OUTPUT_BYTES_MAX)],
    ["of control characters", "\u0001".repeat(OUTPUT_BYTES_MAX)],
    ["of what is escaped", '"\n'.repeat(OUTPUT_BYTES_MAX)],
  ] as const) {
    for (const [how, before] of [
      ["at once", ""],
      ["after other output", "before\n".repeat(100)],
    ] as const) {
      it(`is kept to the last whole character that fits: ${what}, ${how}`, () => {
        const output = new Output();
        output.write(before);
        output.write(text);
        output.write("never");
        const [kept = "", ...rest] = output.toString().split("\n[truncated");
        expect(rest).toHaveLength(1);
        expect(`${before}${text}`.startsWith(kept)).toBe(true);
        expect(kept).not.toContain("\ufffd");
        expect(jsonBytes(kept) - 2).toBeLessThanOrEqual(OUTPUT_BYTES_MAX);
        expect(jsonBytes(kept) - 2).toBeGreaterThan(OUTPUT_BYTES_MAX - CHARACTER_BYTES_MAX);
      });
    }
  }

  it("is none when it ends at the limit", () => {
    const output = new Output();
    output.write("x".repeat(OUTPUT_BYTES_MAX - 1));
    output.write("x");
    expect(output.toString()).toBe("x".repeat(OUTPUT_BYTES_MAX));
  });
});

describe("what the end of a program has to say", () => {
  it("is cut where it is long, and says so", () => {
    const output = new Output();
    output.write("before");
    output.note("x".repeat(300_000));
    const text = output.toString();
    expect(text).toBe(
      `before\n${"x".repeat(NOTE_BYTES_MAX)}\n[truncated: only the first ${NOTE_BYTES_MAX} bytes are kept]\n`,
    );
  });

  it("is cut at a whole character", () => {
    const output = new Output();
    output.note(`x${"🙂".repeat(300_000)}`);
    const [line = ""] = output.toString().split("\n");
    expect(line).toMatch(/^x(🙂)+$/u);
    expect(line).not.toContain("\ufffd");
    expect(jsonBytes(line) - 2).toBeGreaterThan(NOTE_BYTES_MAX - 4);
  });

  it("comes through as it is when it fits, whatever was written before", () => {
    const output = new Output();
    output.write("y".repeat(2 * OUTPUT_BYTES_MAX));
    const line = "z".repeat(NOTE_BYTES_MAX);
    output.note(line);
    expect(output.toString()).toContain(`${line}\n`);
  });

  it("is bounded when it is much, and says so once", () => {
    const output = new Output();
    for (let n = 0; n < 2_000; n++) output.note(`${n} ${"n".repeat(1_000)}`);
    const text = output.toString();
    expect(text).toMatch(/^0 n+\n1 n+\n/);
    expect(text.match(/is left out/g)).toHaveLength(1);
    expect(jsonBytes(text)).toBeLessThan(NOTES_BYTES_MAX + 2 * NOTE_BYTES_MAX);
  });

  it("leaves a program its exit code, its output and its files, however long its error is", async () => {
    const code =
      "require('fs').writeFileSync('kept.txt', 'kept'); console.log('o'.repeat(70_000)); console.error('e'.repeat(70_000));" +
      "throw new Error('x'.repeat(300_000))";
    const given = request({ language: "javascript", code, stdin: "" });
    const response = await runProgram(given, { ...builtParts(), pace: testPace(0.1) });
    expect(response).toMatchObject({
      ok: true,
      result: { exit_code: 1, stderr: expect.stringMatching(/Error: x{1000}/) },
      changes: [{ kind: "put", path: "/workspace/kept.txt", text: "kept" }],
    });
    expect(jsonBytes(response.ok && response.result)).toBeLessThan(RESULT_BYTES_MAX);
  });
});
