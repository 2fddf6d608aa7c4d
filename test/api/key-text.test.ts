/** The form of a key: what is made is read back, what was touched is refused. */
import { describe, expect, it } from "vitest";
import { crc32, digestOf, isKeyId, isSameDigest, makeKey, parseKey } from "../../src/api/key-text.ts";
import { sha256Hex, toHex, utf8 } from "../../src/platform/index.ts";

describe("a key", () => {
  it("has prefix, id, secret and checksum, and is read back", () => {
    const key = makeKey("live");
    expect(key.text).toMatch(/^vas_live_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/);
    expect(parseKey(key.text)).toEqual({ kind: "live", id: key.id, secret: key.secret });
    expect(isKeyId(key.id)).toBe(true);
    expect(makeKey("test").text).toMatch(/^vas_test_/);
  });

  it("is another one each time", () => {
    const texts = Array.from({ length: 100 }, () => makeKey("live"));
    expect(new Set(texts.map(({ id }) => id)).size).toBe(100);
    expect(new Set(texts.map(({ secret }) => secret)).size).toBe(100);
  });

  it("is refused when any of its characters was changed", () => {
    const { text } = makeKey("live");
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === "x" ? "y" : "x";
      expect(parseKey(text.slice(0, at) + other + text.slice(at + 1)), `character ${at}`).toBeNull();
    }
  });

  const { text } = makeKey("live");
  const shapes: [string, string][] = [
    ["one character less", text.slice(0, -1)],
    ["one character more", `${text}0`],
    ["white space behind it", `${text}\n`],
    ["white space before it", ` ${text}`],
    ["the other kind", text.replace("vas_live_", "vas_test_")],
    ["no prefix", text.slice(4)],
    ["a separator in the id", text.replace(/_(\w{3})/, "_ab_")],
    ["nothing", ""],
  ];
  it.each(shapes)("is refused with %s", (_name, changed) => {
    expect(parseKey(changed)).toBeNull();
  });
});

describe("its checksum", () => {
  it("is CRC-32", () => {
    expect(crc32("123456789")).toBe(0xcbf43926);
    expect(crc32("")).toBe(0);
  });
});

describe("its digest", () => {
  it("is the SHA-256 of secret and pepper", async () => {
    expect(toHex(await digestOf("secret", "pepper"))).toBe(await sha256Hex("secretpepper"));
  });

  const pairs: [string, Uint8Array, Uint8Array, boolean][] = [
    ["equal bytes", utf8("abcd"), utf8("abcd"), true],
    ["another first byte", utf8("xbcd"), utf8("abcd"), false],
    ["another last byte", utf8("abcx"), utf8("abcd"), false],
    ["a prefix", utf8("abc"), utf8("abcd"), false],
    ["nothing", utf8(""), utf8("abcd"), false],
  ];
  it.each(pairs)("tells %s", (_name, a, b, isSame) => {
    expect(isSameDigest(a, b)).toBe(isSame);
    expect(isSameDigest(b, a)).toBe(isSame);
  });
});
