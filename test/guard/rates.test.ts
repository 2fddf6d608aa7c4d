/** The firewall on texts that others wrote: what it finds of personal data, and that the page of rates says what is so. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkInput, checkOutput, EVERY_INPUT_RULE, EVERY_OUTPUT_RULE, OutputCheck } from "../../src/guard/index.ts";
import { type Labelled, PUBLIC_SET, readLines, recallOf, strayIn, toPage } from "./rates.ts";

const lines = readLines<Labelled>(PUBLIC_SET);

describe("in a public set of personal data", () => {
  for (const { type, found, sound } of recallOf(lines)) {
    it(`at least 95 of 100 labels of ${type} are found, each with its label and exact place`, () => {
      expect(sound).toBeGreaterThanOrEqual(5);
      expect(found / sound).toBeGreaterThanOrEqual(0.95);
    });
  }

  it("nothing is found where there is none", () => {
    expect(lines.filter(({ spans }) => spans.length === 0).length).toBeGreaterThan(1_000);
    expect(lines.flatMap(strayIn)).toEqual([]);
  });

  it("what is redacted comes back as it was", () => {
    for (const { text } of lines) {
      const { verdict, tokens } = checkInput(text, { ...EVERY_INPUT_RULE, sanitize: false, data: "redact" });
      expect(tokens.restore(verdict.text)).toBe(text);
    }
  });

  it("a stream comes to what the whole text comes to, however it is cut", () => {
    const some = fc.tuple(fc.constantFrom(...lines), fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }));
    const isSame = ([{ text }, sizes]: readonly [Labelled, readonly number[]]): void => {
      const check = new OutputCheck(EVERY_OUTPUT_RULE);
      let streamed = "";
      for (let at = 0, turn = 0; at < text.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        streamed += check.push(text.slice(at, at + size));
        at += size;
      }
      expect(streamed + check.finish()).toBe(checkOutput(text, EVERY_OUTPUT_RULE).text);
    };
    fc.assert(fc.property(some, isSame), { numRuns: 10_000 });
  });
});

describe("the page of rates", () => {
  it("says what the committed sets come to; `npm run guard:rates` writes it", () => {
    expect(readFileSync(join(import.meta.dirname, "../../docs/guard-rates.md"), "utf8")).toBe(toPage());
  });
});
