/**
 * What an API key looks like: `vas_live_<id>_<secret><crc6>`, or `vas_test_` outside production. The prefix lets
 * scanners find lost keys, the checksum lets them and us tell a key from noise before anything is looked up, and the
 * id leads to the key's object without a search across tenants. Only a digest of the secret is ever kept.
 */
import { sha256 } from "../platform/index.ts";
import { KEY_ID_CHARS, KEY_SECRET_CHARS } from "./limits.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM_CHARS = 6;
const KEY = new RegExp(
  `^(vas_(live|test)_([0-9A-Za-z]{${KEY_ID_CHARS}})_([0-9A-Za-z]{${KEY_SECRET_CHARS}}))([0-9A-Za-z]{${CHECKSUM_CHARS}})$`,
);
const ID = new RegExp(`^[0-9A-Za-z]{${KEY_ID_CHARS}}$`);

export type KeyKind = "live" | "test";
export type KeyParts = { readonly kind: KeyKind; readonly id: string; readonly secret: string };

/** A text whose form is that of a key, whether or not it is one. */
export const isKeyLike = (text: string): boolean => text.startsWith("vas_");

export const isKeyId = (text: string): boolean => ID.test(text);

/** Uniform: bytes over the largest multiple of 62 are thrown away. */
function randomText(chars: number): string {
  const usable = 256 - (256 % ALPHABET.length);
  let text = "";
  while (text.length < chars) {
    for (const byte of crypto.getRandomValues(new Uint8Array(chars * 2))) {
      if (byte < usable && text.length < chars) text += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return text;
}

/** CRC-32 of ISO 3309, as in PNG and gzip, of ASCII text. @returns an unsigned 32-bit number. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index++) {
    crc ^= text.charCodeAt(index);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * 0xedb88320);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** @param body a key without its checksum. */
export function checksumOf(body: string): string {
  let rest = crc32(body);
  let digits = "";
  for (let digit = 0; digit < CHECKSUM_CHARS; digit++) {
    digits = ALPHABET.charAt(rest % ALPHABET.length) + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}

/** The visible start of a key: people tell keys apart by it, and it opens nothing. */
export const prefixOf = (kind: KeyKind, id: string): string => `vas_${kind}_${id}`;

/** A new key and its parts. The text is shown once and then forgotten. */
export function makeKey(kind: KeyKind): KeyParts & { readonly text: string } {
  const [id, secret] = [randomText(KEY_ID_CHARS), randomText(KEY_SECRET_CHARS)];
  const body = `${prefixOf(kind, id)}_${secret}`;
  return { kind, id, secret, text: body + checksumOf(body) };
}

/** Null for what is no key: another form, or a checksum that does not fit. Says nothing about whether it exists. */
export function parseKey(text: string): KeyParts | null {
  const [, body, kind, id, secret, checksum] = KEY.exec(text) ?? [];
  if (body === undefined || id === undefined || secret === undefined || checksumOf(body) !== checksum) return null;
  return { kind: kind === "live" ? "live" : "test", id, secret };
}

/**
 * What is kept of a secret. A fast hash is enough: the secret has 256 bits, so there is nothing to guess through, and
 * the pepper makes a stolen store useless by itself. The secret's length is fixed, so the two parts cannot shift.
 */
export const digestOf = (secret: string, pepper: string): Promise<Uint8Array> => sha256(secret + pepper);

/** Equal or not, in a time that does not depend on where they differ. */
export function isSameDigest(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  let difference = 0;
  for (let index = 0; index < a.byteLength; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
