/** Bytes, digests and canonical JSON. No encodings of our own: UTF-8, hexadecimal, base64, RFC 8785 key order. */

const encoder = new TextEncoder();

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Length of `text` in UTF-8 bytes. */
export const utf8Length = (text: string): number => encoder.encode(text).byteLength;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export const toHex = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
};

/**
 * A body as UTF-8 text. One of more than `charsMax` UTF-16 code units is let go of there: what is returned is longer than that,
 * by what came in the same piece.
 */
export async function readText(body: AsyncIterable<Uint8Array>, charsMax: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body) {
    text += decoder.decode(piece, { stream: true });
    // Leaving the loop cancels the rest of a stream.
    if (text.length > charsMax) break;
  }
  return text + decoder.decode();
}

/** With padding. @see RFC 4648, section 4 */
export const toBase64 = (bytes: Uint8Array): string => {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
};

/** Null for text that is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    // Some character or the length does not fit: no base64.
    return null;
  }
}

export async function sha256(data: string | Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", typeof data === "string" ? utf8(data) : data));
}

/** 64 lower-case hexadecimal digits. */
export const sha256Hex = async (data: string | Uint8Array): Promise<string> => toHex(await sha256(data));

/**
 * JSON with object keys in code-unit order and no white space: equal values give equal text.
 * Properties that are undefined are left out, as JSON.stringify does.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** Whether two values of JSON are equal, in whatever order their members stand: as their canonical texts are, and without writing them. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const members = Object.entries(one);
  if (members.length !== Object.keys(other).length) return false;
  return members.every(([key, member]) => Object.hasOwn(other, key) && isSameJson(member, Reflect.get(other, key)));
}

/** Parts joined so that no part can reach into its neighbour: each is prefixed by its length. */
export const lengthPrefixed = (parts: readonly string[]): string =>
  parts.map((part) => `${part.length}:${part}`).join("");
