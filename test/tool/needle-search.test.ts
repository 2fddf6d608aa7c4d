/** Many texts replaced in one pass: none of any stays behind, in time and room that nobody else decides on. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Needle, replaceNeedles } from "../../src/tool/needle-search.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const needle = (text: string): Needle => ({ bytes: bytesOf(text), marker: bytesOf(`<${text.length}>`) });
const replace = (text: string, texts: readonly string[], bytesMax = Infinity): string | null => {
  const replaced = replaceNeedles(bytesOf(text), texts.map(needle), bytesMax);
  return replaced && new TextDecoder().decode(replaced);
};

/** Bytes of which every reading is counted. */
function counted(bytes: Uint8Array) {
  const count = { reads: 0 };
  const proxy = new Proxy(bytes, {
    get: (target, key) => {
      if (key !== "length") count.reads++;
      return Reflect.get(target, key, target);
    },
  });
  return { proxy, count };
}

describe("needles in a text", () => {
  for (const [what, text, texts, expected] of [
    ["one", "before needle after", ["needle"], "before <6> after"],
    ["each time it stands there", "needleneedle, needle", ["needle"], "<6><6>, <6>"],
    ["the longest at a place", "a needle work", ["needle", "needle work"], "a <11>"],
    ["one that stands inside of another", "a needle work", ["eed", "needle work"], "a <11>"],
    ["one whose longer version breaks off", "a needle wo", ["needle", "needle work"], "a <6> wo"],
    ["one that ends another that breaks off", "xabcabd", ["abcabc", "abd"], "xabc<3>"],
    ["two that overlap, together", "aabbccdd.", ["aabbcc", "ccdd"], "<6>."],
    ["a chain that overlaps", "abcdefgh.", ["abc", "cdef", "fgh"], "<4>."],
    ["one that overlaps itself", "xababababx", ["abab"], "x<4>x"],
    ["none", "nothing here", ["needle"], "nothing here"],
  ] as const) {
    it(`are replaced: ${what}`, () => expect(replace(text, texts)).toBe(expected));
  }

  it("are all covered, and nothing else is", () => {
    const word = fc.stringMatching(/^[ab]{2,5}$/);
    fc.assert(
      fc.property(fc.stringMatching(/^[abc]{0,40}$/), fc.array(word, { minLength: 1, maxLength: 6 }), (text, words) => {
        const isCovered = new Array<boolean>(text.length).fill(false);
        for (const one of words) {
          for (let at = text.indexOf(one); at >= 0; at = text.indexOf(one, at + 1))
            isCovered.fill(true, at, at + one.length);
        }
        const left = [...text].filter((_, at) => !isCovered[at]).join("");
        expect(replace(text, words)?.replace(/<\d>/g, "")).toBe(left);
      }),
    );
  });

  it("leave the very bytes when there are none, and ask nothing of them when none are looked for", () => {
    const { proxy, count } = counted(bytesOf("nothing here"));
    expect(replaceNeedles(proxy, [], 0)).toBe(proxy);
    expect(count.reads).toBe(0);
    expect(replaceNeedles(proxy, [needle("needle")], 0)).toBe(proxy);
  });

  it("are looked for in one pass, however many they are", () => {
    const many = Array.from({ length: 160 }, (_, n) => needle(`${"a".repeat(n % 40)}-secret-${n}`));
    const { proxy, count } = counted(bytesOf("a".repeat(39).concat("-secret-").repeat(1_000)));
    expect(replaceNeedles(proxy, many, Infinity)).toBe(proxy);
    expect(count.reads).toBe(proxy.length);
  });
});

describe("a text that grows by what is replaced in it", () => {
  it("is refused past its limit, and kept at it", () => {
    expect(replace("abcabc", ["abc"], 6)).toBe("<3><3>");
    const long = [{ bytes: bytesOf("abc"), marker: bytesOf("<a longer marker>") }];
    expect(replaceNeedles(bytesOf("abcabc"), long, 34)).toHaveLength(34);
    expect(replaceNeedles(bytesOf("abcabc"), long, 33)).toBeNull();
  });

  it("is read no further than it takes to know", () => {
    const long = [{ bytes: bytesOf("abc"), marker: bytesOf("<a longer marker>") }];
    const { proxy, count } = counted(bytesOf("abc".repeat(100_000)));
    expect(replaceNeedles(proxy, long, 1_000)).toBeNull();
    expect(count.reads).toBeLessThan(100_000);
  });

  it("is kept when it is long and has not grown", () => expect(replace("abcd needle", ["needle"], 5)).toBe("abcd <6>"));
});
