/**
 * Signing secrets and what is signed with them, after Standard Webhooks. Pure but for the randomness of a new secret;
 * how secrets are kept is the seal's business.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { fromBase64, toBase64, utf8 } from "../platform/index.ts";
import { SECRET_BYTES, SECRET_OVERLAP_MS, SECRETS_MAX } from "./webhook-limits.ts";

/** Newest first. `until` is when an older one signs no more, in epoch milliseconds; null for the newest. */
export type SecretSet = readonly { readonly text: string; readonly until: number | null }[];

const PREFIX = "whsec_";

export const makeSecret = (): string => PREFIX + toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));

export const newSecretSet = (text: string): SecretSet => [{ text, until: null }];

/** The new secret signs from now on, and beside it those that have not had their time. */
export function rotateSecrets(secrets: SecretSet, text: string, now: number): SecretSet {
  const older = secrets
    .map((secret) => ({ ...secret, until: secret.until ?? now + SECRET_OVERLAP_MS }))
    .filter(({ until }) => until > now);
  return [{ text, until: null }, ...older].slice(0, SECRETS_MAX);
}

/** Null for text that formatSecrets did not make. */
export function parseSecrets(json: string): SecretSet | null {
  try {
    const parsed: unknown = JSON.parse(json);
    if (!Array.isArray(parsed) || parsed.length === 0) return null;
    return parsed.map(([text, until]: unknown[]) => {
      if (typeof text !== "string" || (typeof until !== "number" && until !== null)) throw new TypeError("no secret");
      return { text, until };
    });
  } catch {
    // Whatever it is, it cannot sign.
    return null;
  }
}

export const formatSecrets = (secrets: SecretSet): string =>
  JSON.stringify(secrets.map(({ text, until }) => [text, until]));

export type Signed = { readonly id: string; readonly body: string /** Epoch milliseconds. */; readonly at: number };

/** `v1,<base64>` of one secret. Null when the secret is none of this form. */
async function sign(secret: string, { id, body, at }: Signed): Promise<string | null> {
  const bytes = secret.startsWith(PREFIX) ? fromBase64(secret.slice(PREFIX.length)) : null;
  if (bytes === null) return null;
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, utf8(`${id}.${toSeconds(at)}.${body}`));
  return `v1,${toBase64(new Uint8Array(mac))}`;
}

const toSeconds = (at: number): number => Math.floor(at / 1_000);

/** The three headers that let a receiver tell our requests from anybody else's, and a repetition from a new one. */
export async function signatureHeaders(secrets: SecretSet, signed: Signed): Promise<Record<string, string>> {
  const active = secrets.filter(({ until }) => until === null || until > signed.at);
  const signatures = await Promise.all(active.map(({ text }) => sign(text, signed)));
  return {
    "webhook-id": signed.id,
    "webhook-timestamp": String(toSeconds(signed.at)),
    "webhook-signature": signatures.filter((signature) => signature !== null).join(" "),
  };
}
