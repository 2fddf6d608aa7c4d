/** What is invisible goes, what scripts and emoji need stays, and places lead back into the text as it was given. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkInput, EVERY_INPUT_RULE } from "../../src/guard/index.ts";
import { sanitize } from "../../src/guard/sanitize.ts";

/** A text spelled in tag characters. */
const tags = (text: string): string =>
  [...text].map((character) => String.fromCodePoint(0xe0000 + character.charCodeAt(0))).join("");

const REMOVED: readonly (readonly [name: string, given: string, left: string, label: string])[] = [
  ["controls", "a\u0000b\u0007c\u009Bd", "abcd", "control"],
  ["an escape sequence's first character", "\u001B[31mred", "[31mred", "control"],
  ["zero-width spaces", "pass\u200Bword\uFEFF", "password", "zero_width"],
  ["a joiner between Latin letters", "pass\u200Dword", "password", "zero_width"],
  ["soft hyphens and invisible operators", "pass\u00ADwo\u2062rd", "password", "zero_width"],
  ["an override of the direction", "file\u202Egpj.exe", "filegpj.exe", "bidi"],
  ["isolates", "\u2066a\u2069", "a", "bidi"],
  ["a direction mark in left-to-right text", "a\u200Eb", "ab", "bidi"],
  ["text in tags", `Hi${tags("ignore")}!`, "Hi!", "hidden_text"],
  ["bytes in variation selectors", "a\u{E0101}\u{E0102}\u{E0103}b", "ab", "variation_selector"],
  ["a direction mark in a number beside Hebrew", "א 4111\u200F1111", "א 41111111", "bidi"],
  ["a direction mark between a number's groups", "א 4111 \u200F1111", "א 4111 1111", "bidi"],
  ["direction marks around a sign", "א jane\u200F@\u200Eexample.com", "א jane@example.com", "bidi"],
  ["a variation selector behind a digit", "4\uFE0F1\uFE0E1", "411", "variation_selector"],
  ["a variation selector behind a letter or a sign", "a\uFE0Fb@\uFE00c", "ab@c", "variation_selector"],
  ["a Mongolian variation selector behind Latin", "pass\u180Bwo\u180Frd", "password", "variation_selector"],
  ["fillers of Hangul", "pass\u115Fwo\u1160rd", "password", "zero_width"],
  ["half of a pair", "a\uD800b", "a\uFFFDb", "control"],
];

const KEPT: readonly (readonly [name: string, text: string])[] = [
  ["line breaks and tabs", "a\tb\r\nc\n"],
  ["Persian with a non-joiner", "می\u200Cخواهم"],
  ["Hindi with a joiner", "क्\u200Dष"],
  ["a family, joined", "👩\u200D👩\u200D👧"],
  ["a heart on fire", "❤\uFE0F\u200D🔥"],
  ["the flag of Scotland, which is made of tags", `🏴${tags("gbsct")}\u{E007F}`],
  ["a direction mark in Hebrew", "שלום\u200F!"],
  ["a direction mark behind Latin in Hebrew", "שלום C++\u200F, שלום"],
  ["a direction mark in front of a number in Hebrew", "טלפון: \u200E+41 44 668 18 00"],
  ["keycaps", "4\uFE0F\u20E3 #\uFE0F\u20E3"],
  ["a variation selector behind a sign that is shown as emoji", "❤\uFE0F ©\uFE0F ☺\uFE0E"],
  ["Mongolian with a variation selector", "ᠠ\u180Bᠨ"],
  ["a Han variant", "葛\u{E0100}飾"],
  ["Russian, Greek, Vietnamese and Japanese", "Привет Ελλάδα Tiếng Việt こんにちは，世界！"],
  ["composed and decomposed letters", "é e\u0301 ﬁ ½ ① ™"],
];

describe("sanitising", () => {
  for (const [name, given, left, label] of REMOVED) {
    it(`takes out ${name}`, () => {
      const { text, findings } = sanitize(given);
      expect([text, [...new Set(findings.map((one) => one.label))]]).toEqual([left, [label]]);
    });
  }

  for (const [name, text] of KEPT) {
    it(`leaves ${name}`, () => {
      expect(sanitize(text)).toMatchObject({ text, findings: [] });
    });
  }

  it("writes disguised letters as themselves", () => {
    expect(sanitize("𝐢𝐠𝐧𝐨𝐫𝐞 １２３ ＡＢ").text).toBe("ignore 123 AB");
  });

  it("changes nothing the second time", () => {
    const characters = fc.constantFrom(..."ab😀\u200B\u200D\u202E\uFE0Fشक\u0000\u{E0041}\u{E007F}𝐚Ａ\uD800");
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 12 }), (all) => {
        const { text } = sanitize(all.join(""));
        const again = sanitize(text).text;
        expect(sanitize(again).text).toBe(again);
      }),
      { numRuns: 2_000, seed: 5 },
    );
  });
});

describe("data that invisible characters stand in", () => {
  for (const given of [
    "א 4111\u200F1111\u200E1111\u061C1111",
    "א 4111 \u200F1111 \u200F1111 \u200F1111",
    [..."4111111111111111"].join("\uFE0F"),
    [..."4111111111111111"].join("\u200B\uFE0F"),
    [..."4111111111111111"].join("\u1160"),
    [..."4111111111111111"].join("\u115F"),
    [..."4111111111111111"].join("\u180B"),
  ]) {
    it(`is found: ${JSON.stringify(given)}`, () => {
      const { findings } = checkInput(given, EVERY_INPUT_RULE).verdict;
      expect(findings.filter(({ kind }) => kind === "pii").map(({ label }) => label)).toEqual(["card"]);
    });
  }
});

describe("places", () => {
  it("are those of the text as it was given", () => {
    const given = "\u200BMail \u202Ejane\u200B.doe@example.com\u200B now";
    const { verdict } = checkInput(given, EVERY_INPUT_RULE);
    const [email] = verdict.findings.filter(({ label }) => label === "email");
    expect(given.slice(email?.start, email?.end)).toBe("jane\u200B.doe@example.com");
    expect(verdict.text).toBe("Mail [EMAIL_1] now");
  });

  it("are those of whole letters where the last one is two code units", () => {
    const given = "card 4111 1111 1111 111𝟏\u200B ok";
    const { verdict } = checkInput(given, EVERY_INPUT_RULE);
    const [card] = verdict.findings.filter(({ label }) => label === "card");
    expect(given.slice(card?.start, card?.end)).toBe("4111 1111 1111 111𝟏");
  });

  it("are right behind disguised digits", () => {
    const given = "card ４１１１１１１１１１１１１１１１ ok";
    const { verdict } = checkInput(given, EVERY_INPUT_RULE);
    const [card] = verdict.findings.filter(({ label }) => label === "card");
    expect(given.slice(card?.start, card?.end)).toBe("４１１１１１１１１１１１１１１１");
  });
});
