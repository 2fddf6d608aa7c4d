/** UTF-8, base64 and what else the shell expects of a browser to handle text with. The engine brings none of it. */

const REPLACEMENT = 0xfffd;

export class TextEncoder {
  encode(text = ""): Uint8Array {
    const bytes: number[] = [];
    for (const character of String(text).toWellFormed()) {
      const code = character.codePointAt(0) ?? REPLACEMENT;
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), continuation(code, 0));
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), continuation(code, 1), continuation(code, 0));
      else bytes.push(0xf0 | (code >> 18), continuation(code, 2), continuation(code, 1), continuation(code, 0));
    }
    return Uint8Array.from(bytes);
  }
}

const continuation = (code: number, place: number): number => 0x80 | ((code >> (6 * place)) & 0x3f);

export class TextDecoder {
  readonly #fatal: boolean;
  constructor(_label = "utf-8", options: { readonly fatal?: boolean } = {}) {
    this.#fatal = options.fatal ?? false;
  }

  /**
   * UTF-8 only. A leading byte order mark stays, unlike in a browser, whatever is asked for: the shell decodes what it then
   * writes to a file, whose first character it may be.
   */
  decode(input: ArrayBuffer | ArrayBufferView = new Uint8Array()): string {
    const bytes = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    const parts: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const { code, length } = readCharacter(bytes, at);
      if (code === null && this.#fatal) throw new TypeError("the bytes are not UTF-8");
      parts.push(String.fromCodePoint(code ?? REPLACEMENT));
      at += length;
    }
    return parts.join("");
  }
}

/** @see https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G7404 table 3-7 */
function readCharacter(bytes: Uint8Array, at: number): { readonly code: number | null; readonly length: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { code: first, length: 1 };
  const more =
    first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xc2 && first < 0xe0 ? 1 : 0;
  if (more === 0) return { code: null, length: 1 };
  let code = first & (0x3f >> more);
  for (let index = 1; index <= more; index++) {
    const byte = bytes[at + index];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return { code: null, length: index };
    code = (code << 6) | (byte & 0x3f);
  }
  const least = [0, 0x80, 0x800, 0x10000][more] ?? 0;
  const isCharacter = code >= least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return { code: isCharacter ? code : null, length: isCharacter ? more + 1 : 1 };
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Each character of `binary` is one byte. */
export function btoa(binary: string): string {
  let text = "";
  for (let at = 0; at < binary.length; at += 3) {
    const codes = [0, 1, 2].map((index) => binary.charCodeAt(at + index) || 0);
    if (codes.some((code) => code > 0xff)) throw new RangeError("a character is no byte");
    const [a = 0, b = 0, c = 0] = codes;
    const left = binary.length - at;
    text += `${ALPHABET[a >> 2]}${ALPHABET[((a & 3) << 4) | (b >> 4)]}`;
    text += left > 1 ? ALPHABET[((b & 15) << 2) | (c >> 6)] : "=";
    text += left > 2 ? ALPHABET[c & 63] : "=";
  }
  return text;
}

export function atob(text: string): string {
  const digits = text.replace(/[\t\n\f\r ]/g, "").replace(/={1,2}$/, "");
  if (/[^A-Za-z0-9+/]/.test(digits) || digits.length % 4 === 1) throw new RangeError("invalid base64");
  const bytes: string[] = [];
  let bits = 0;
  for (const [index, digit] of [...digits].entries()) {
    bits = ((bits << 6) | ALPHABET.indexOf(digit)) & 0xfffff;
    if (index % 4 > 0) bytes.push(String.fromCharCode((bits >> (6 - 2 * (index % 4))) & 0xff));
  }
  return bytes.join("");
}
