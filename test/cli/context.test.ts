/** What flags and standard input are read as, before a command sees them. */
import { describe, expect, it } from "vitest";
import { readLines, timeoutOf } from "../../src/cli/context.ts";
import { documentOf, runBin } from "./run-bin.ts";

const ID = "0d5c1f2e-8a44-8b1c-9d3e-1a2b3c4d5e6f";

describe("--timeout", () => {
  it("is the longest that a timer holds, or nothing", () => {
    expect([timeoutOf("24d"), timeoutOf(undefined)]).toEqual([24 * 86_400_000, null]);
    expect(24 * 86_400_000).toBeLessThan(2 ** 31);
  });

  for (const words of [
    ["run", "hello", "Hi", "--watch"],
    ["tasks", "watch", ID],
    ["tasks", "replay", ID, "--watch"],
  ]) {
    it(`is refused when no timer can wait that long: ${words.join(" ").replace(ID, "<task>")}`, async () => {
      const ran = await runBin([...words, "--timeout", "25d", "--json"], { url: "http://127.0.0.1:1" });
      const error = { code: "USAGE", message: expect.stringContaining("at most 24d") };
      expect([ran.code, documentOf(ran)]).toMatchObject([2, { error }]);
    });
  }
});

describe("lines of standard input", () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const rows: readonly (readonly [string, readonly (string | Uint8Array)[], readonly string[]])[] = [
    ["are whole though they come in pieces", ["a", "b\nc", "\n", "d"], ["ab", "c", "d"]],
    ["have no ends, neither of Unix nor of Windows", ["a\r\nb\n\n"], ["a", "b", ""]],
    ["are UTF-8, also where a piece ends inside a character", [bytes("ä").slice(0, 1), bytes("ä\n").slice(1)], ["ä"]],
    ["end at no separator that may stand in a JSON string", ["a\u2028b\n"], ["a\u2028b"]],
    ["are none of nothing", [], []],
  ];
  for (const [name, pieces, lines] of rows) {
    it(name, async () => {
      async function* stdin() {
        yield* pieces;
      }
      const read: string[] = [];
      for await (const line of readLines({ stdin: stdin() })) read.push(line);
      expect(read).toEqual(lines);
    });
  }
});
