/** Credentials for doors that stand alone: the bootstrap key `admin`, and API keys held in memory. */
import { type CredentialConfig, type Credentials, createCredentials } from "../../src/api/credentials.ts";
import type { KeyFacts } from "../../src/api/key-record.ts";
import { isSameDigest } from "../../src/api/key-text.ts";
import { type Clock, type Log, parseTenantId, type TenantId } from "../../src/platform/index.ts";
import { manualClock, memoryLog } from "./ports.ts";

export const CREDENTIALS: CredentialConfig = {
  environment: "development",
  authMode: "dev",
  adminApiKey: "admin",
  keyPepper: "pepper-of-the-tests",
  token: null,
};

export function tenantOf(text: string): TenantId {
  const tenant = parseTenantId(text);
  if (tenant === undefined) throw new TypeError(`no tenant id: ${text}`);
  return tenant;
}

const noNetwork = (): never => {
  throw new TypeError("these tests have no network");
};

/** The real credentials over objects that are entries of a map. */
export function keyring(
  config: Partial<CredentialConfig> = {},
  ports: { readonly clock?: Clock; readonly log?: Log; readonly fetch?: typeof globalThis.fetch } = {},
) {
  const stored = new Map<string, { facts: KeyFacts; readonly digest: Uint8Array }>();
  const refused: string[] = [];
  let asked = 0;
  const clock = ports.clock ?? manualClock();
  const credentials: Credentials = createCredentials({
    config: { ...CREDENTIALS, ...config },
    keys: (id) => ({
      verify: async (digest) => {
        asked++;
        const key = stored.get(id);
        return key !== undefined && isSameDigest(key.digest, digest) ? key.facts : null;
      },
    }),
    clock,
    random: () => 0,
    log: ports.log ?? memoryLog(),
    fetch: ports.fetch ?? noNetwork,
    onKeyRefused: (keyId) => void refused.push(keyId),
  });
  return {
    credentials,
    /** Ids of the keys that were told to have opened nothing. */
    refused,
    stored,
    /** Times an object was asked. */
    asked: () => asked,
    /** @returns the text of a new key. */
    issue: async (facts: Partial<KeyFacts> = {}): Promise<string> => {
      const key = await credentials.makeKey();
      if (key === null) throw new TypeError("no pepper");
      const base = {
        id: key.id,
        tenant: tenantOf("acme"),
        name: "test",
        roles: ["developer"] as const,
        createdAt: clock.now(),
      };
      const ends = { expiresAt: null, revokedAt: null, lastUsedAt: null };
      stored.set(key.id, { facts: { ...base, ...ends, ...facts }, digest: key.digest });
      return key.text;
    },
  };
}
