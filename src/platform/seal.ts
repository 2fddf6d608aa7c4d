/**
 * Secrets at rest: text sealed under the master key, for one record of one tenant and one purpose. AES-256-GCM under a
 * key that HKDF derives for the tenant and the purpose; the record is bound in as well, so a sealed text that is moved
 * to another tenant, purpose or record does not open. Where the text is kept is the caller's business.
 */
import { fromBase64, lengthPrefixed, toBase64, utf8 } from "./bytes.ts";
import type { TenantId } from "./ids.ts";
import { err, ok, type Result } from "./result.ts";

/** What a sealed text belongs to. */
export type SealScope = {
  readonly tenant: TenantId;
  /** What kind of secret it is, such as `webhook`. */
  readonly purpose: string;
  /** Id of the one record it stands in. */
  readonly record: string;
};

/** unreadable: no text of ours. refused: another master key, another scope, or changed since. */
export type SealFailure = { readonly reason: "unreadable" | "refused" };

export interface Seal {
  /** `v1.<nonce>.<ciphertext>`, in base64; another text each time. */
  seal(text: string, scope: SealScope): Promise<string>;
  open(sealed: string, scope: SealScope): Promise<Result<string, SealFailure>>;
}

const VERSION = "v1";
/** What GCM is made for. A random nonce is safe for 2^32 texts of one tenant and purpose. @see NIST SP 800-38D, 8.3 */
const NONCE_BYTES = 12;
const SEALED = /^v1\.([A-Za-z0-9+/]{16})\.([A-Za-z0-9+/]+={0,2})$/;

/** @param masterKey at least 256 bits of randomness, in any spelling: HKDF spreads them over the key. */
export function createSeal(masterKey: string): Seal {
  // Imported each time: a promise kept from one request may never settle for another one of the same isolate.
  const importMaster = () => crypto.subtle.importKey("raw", utf8(masterKey), "HKDF", false, ["deriveKey"]);
  const keyFor = async ({ tenant, purpose }: SealScope): Promise<CryptoKey> =>
    crypto.subtle.deriveKey(
      {
        name: "HKDF",
        hash: "SHA-256",
        salt: new Uint8Array(0),
        info: utf8(lengthPrefixed([VERSION, tenant, purpose])),
      },
      await importMaster(),
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    );
  const algorithm = (nonce: Uint8Array, { tenant, purpose, record }: SealScope) => ({
    name: "AES-GCM",
    iv: nonce,
    additionalData: utf8(lengthPrefixed([VERSION, tenant, purpose, record])),
  });

  return {
    seal: async (text, scope) => {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const sealed = await crypto.subtle.encrypt(algorithm(nonce, scope), await keyFor(scope), utf8(text));
      return `${VERSION}.${toBase64(nonce)}.${toBase64(new Uint8Array(sealed))}`;
    },
    open: async (sealed, scope) => {
      const [nonce, ciphertext] = (SEALED.exec(sealed) ?? []).slice(1).map(fromBase64);
      if (!nonce || !ciphertext) return err({ reason: "unreadable" });
      try {
        const bytes = await crypto.subtle.decrypt(algorithm(nonce, scope), await keyFor(scope), ciphertext);
        return ok(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
      } catch {
        // WebCrypto says no more than that, on purpose: why a text does not open is nobody's business.
        return err({ reason: "refused" });
      }
    },
  };
}
