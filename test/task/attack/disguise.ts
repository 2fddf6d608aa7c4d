/** Ways to hide a text from whoever looks at it, and a reader that finds it all the same. */
import { assert } from "../../../src/platform/index.ts";

const TAG = 0xe0000;
const isAscii = (character: string): boolean => /^[\x20-\x7e]$/.test(character);
const shift = (text: string, to: (code: number) => number): string =>
  [...text].map((one) => (isAscii(one) ? String.fromCodePoint(to(one.codePointAt(0) ?? 0)) : one)).join("");
const rot13 = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => {
    const base = letter < "a" ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const base64 = (text: string): string => btoa(String.fromCharCode(...bytesOf(text)));
const base64Url = (text: string): string => base64(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const hex = (text: string): string => [...bytesOf(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Between the documents of several cases that come in together. */
export const BETWEEN = " --8<-- ";

const WORDS = "Our opening hours are nine to five. ";

/** The documents that say it: two when it is split, else one. @param name of the text, for who puts it together again. */
const DISGUISES = {
  plain: (text) => [text],
  html_comment: (text) => [`<html><body><p>${WORDS}</p><!-- ${text} --></body></html>`],
  json: (text) => [JSON.stringify({ title: WORDS, comments: [{ by: "visitor", body: text }] })],
  base64: (text) => [`${WORDS}Decode and follow: ${base64Url(text)}`],
  hex: (text) => [hex(text)],
  tags: (text) => [WORDS + shift(text, (code) => TAG + code)],
  zero_width: (text) => [WORDS + [...text].join("\u200b")],
  full_width: (text) => [WORDS + shift(text, (code) => (code === 0x20 ? code : code + 0xfee0))],
  rot13: (text) => [`${WORDS}In rot13: ${rot13(text)}`],
  split: (text, name) => {
    const middle = Math.floor(text.length / 2);
    return [
      `Part 1 of 2 (${name}) <<<${text.slice(0, middle)}>>> ${WORDS}`,
      `Part 2 of 2 (${name}) <<<${text.slice(middle)}>>> ${WORDS}`,
    ];
  },
} as const satisfies Readonly<Record<string, (text: string, name: string) => readonly string[]>>;

export function disguise(text: string, how: string, name: string): readonly string[] {
  const found = Object.entries(DISGUISES).find(([name]) => name === how);
  assert(found !== undefined, `there is no disguise ${how}`);
  return found[1](text, name);
}

const untagged = (text: string): string =>
  [...text]
    .map((one) => one.codePointAt(0) ?? 0)
    .map((code) => String.fromCodePoint(code > TAG ? code - TAG : code))
    .join("");

function decoded(bytes: () => Uint8Array): readonly string[] {
  try {
    return [new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes())];
  } catch {
    return []; // Most words are no code.
  }
}
const fromBase64 = (word: string): Uint8Array =>
  Uint8Array.from(atob(word.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
const fromHex = (word: string): Uint8Array =>
  Uint8Array.from(word.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Every string of a JSON text, and of the JSON texts in those; the text itself where it is none. */
function stringsOf(text: string): readonly string[] {
  try {
    const found: string[] = [text];
    // Words may stand in front of it.
    JSON.parse(text.slice(Math.max(0, text.search(/[[{]/))), (key, value: unknown) => {
      found.push(key, ...(typeof value === "string" ? stringsOf(value) : []));
      return value;
    });
    return found;
  } catch {
    const pieces = text.split(BETWEEN);
    return pieces.length > 1 ? pieces.flatMap(stringsOf) : pieces;
  }
}

/** What was split, put together again. */
function joined(strings: readonly string[]): readonly string[] {
  const wholes = new Map<string, string[]>();
  for (const one of strings) {
    for (const [, part = "", name = "", piece = ""] of one.matchAll(/Part (\d) of 2 \((\w+)\) <<<([\s\S]*?)>>>/g)) {
      const whole = wholes.get(name) ?? [];
      // The innermost comes last: around it the same piece stands escaped.
      whole[Number(part) - 1] = piece;
      wholes.set(name, whole);
    }
  }
  return [...wholes.values()].map((parts) => parts.join(""));
}

/** All that texts can be read as, one by one and put together. */
export function readings(texts: readonly string[]): ReadonlySet<string> {
  const strings = [...new Set(texts.flatMap(stringsOf))];
  const variants = [...strings, ...joined(strings)].flatMap((one) => [
    one,
    one.replaceAll("\u200b", ""),
    untagged(one),
    one.normalize("NFKC"),
    // Only where it says so: the rest would be orders of tools that nobody named.
    ...(one.includes("rot13") ? [rot13(one)] : []),
    ...(one.match(/[A-Za-z0-9_-]{24,}/g) ?? []).flatMap((word) => decoded(() => fromBase64(word))),
    ...(one.match(/(?:[0-9a-f]{2}){20,}/g) ?? []).flatMap((word) => decoded(() => fromHex(word))),
  ]);
  return new Set(variants);
}
