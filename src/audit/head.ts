/**
 * The signed head of a tenant's chain: without it a log could be cut at its end and nobody would see. Ed25519 through
 * WebCrypto; the key is a 32-byte seed.
 * @see RFC 8032, RFC 8410 (the eight-byte-aligned wrapping of a seed)
 */
import { err, lengthPrefixed, ok, type Result, utf8 } from "../platform/index.ts";

export type AuditHead = {
  readonly tenant_id: string;
  /** 0: the tenant has no row. */
  readonly seq: number;
  /** Of the row with that number; 64 zeros for none. */
  readonly hash: string;
  /** When it was signed: the log may have grown since. RFC 3339. */
  readonly signed_at: string;
};
export type SignedHead = AuditHead & {
  /** Raw public key, base64url. */
  readonly public_key: string;
  /** base64url. */
  readonly signature: string;
};

const ALGORITHM = "Ed25519";
/** What comes before the seed in a PKCS #8 private key. */
const PKCS8 = Uint8Array.of(
  0x30,
  0x2e,
  0x02,
  0x01,
  0x00,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x04,
  0x22,
  0x04,
  0x20,
);
const SEED_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** Undefined when it is not base64url of so many bytes. */
function fromBase64Url(text: string, length: number): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*={0,2}$/.test(text)) return undefined;
  try {
    const bytes = Uint8Array.from(
      atob(text.replaceAll("-", "+").replaceAll("_", "/").replaceAll("=", "")),
      (character) => character.charCodeAt(0),
    );
    return bytes.length === length ? bytes : undefined;
  } catch {
    // A length that no base64 has.
    return undefined;
  }
}

/** Whether the text is a key this file can sign with. */
export const isSigningKey = (seed: string): boolean => fromBase64Url(seed, SEED_BYTES) !== undefined;

/** Whether the text can be the public key of a head. */
export const isPublicKey = (text: string): boolean => fromBase64Url(text, PUBLIC_KEY_BYTES) !== undefined;

/** Another version of the form would start otherwise, so that no signature of one passes for the other. */
const toSigned = (head: AuditHead): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    utf8(lengthPrefixed(["vasini-audit-head-v1", head.tenant_id, String(head.seq), head.hash, head.signed_at])),
  );

/** @param seed 32 bytes, base64url; `isSigningKey` has said so. */
async function importSeed(seed: string): Promise<{ readonly key: CryptoKey; readonly publicKey: string }> {
  const raw = fromBase64Url(seed, SEED_BYTES);
  if (raw === undefined) throw new Error("the signing key is not 32 bytes of base64url");
  const wrapped = new Uint8Array([...PKCS8, ...raw]);
  const key = await crypto.subtle.importKey("pkcs8", wrapped, ALGORITHM, true, ["sign"]);
  const jwk = await crypto.subtle.exportKey("jwk", key);
  // The platform's type of the answer spans every format; a JWK of this algorithm has its public part in `x`.
  return { key, publicKey: "x" in jwk && typeof jwk.x === "string" ? jwk.x : "" };
}

/** What a seed's signatures are checked with: 32 bytes, base64url. */
export const publicKeyOf = async (seed: string): Promise<string> => (await importSeed(seed)).publicKey;

export async function signHead(head: AuditHead, seed: string): Promise<SignedHead> {
  const { key, publicKey } = await importSeed(seed);
  const signature = new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, toSigned(head)));
  return { ...head, public_key: publicKey, signature: toBase64Url(signature) };
}

/** @param publicKey the one that is trusted; the one the head names proves nothing by itself. */
export async function verifyHead(head: SignedHead, publicKey: string): Promise<Result<null, string>> {
  const raw = fromBase64Url(publicKey, PUBLIC_KEY_BYTES);
  if (raw === undefined) return err("the public key is not 32 bytes of base64url");
  const signature = fromBase64Url(head.signature, SIGNATURE_BYTES);
  if (signature === undefined) return err("the head's signature is not 64 bytes of base64url");
  const key = await crypto.subtle.importKey("raw", raw, ALGORITHM, false, ["verify"]);
  const isGood = await crypto.subtle.verify(ALGORITHM, key, signature, toSigned(head));
  return isGood ? ok(null) : err("the head was not signed by this key, or was changed since");
}
