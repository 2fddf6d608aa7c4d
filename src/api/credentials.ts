/**
 * A bearer text -> who stands behind it: the bootstrap key, an API key, or a token. Keys are asked of their objects and
 * remembered for half a minute per isolate, by the digest of what was shown, never by the text itself.
 */
import { type Clock, type Log, type Random, sha256, toHex } from "../platform/index.ts";
import { createFailureCount } from "./auth-failures.ts";
import { callObject } from "./call-object.ts";
import { createKeySource } from "./jwks.ts";
import { isActive, type KeyFacts, type KeyStub } from "./key-record.ts";
import { digestOf, isKeyLike, isSameDigest, type KeyKind, makeKey, parseKey } from "./key-text.ts";
import { KEY_CACHE_ENTRIES_MAX, KEY_CACHE_MS } from "./limits.ts";
import { operatorPrincipal, type Principal, withScopes } from "./principal.ts";
import { RateLimited } from "./rate-limiter.ts";
import { createTokenVerifier, isTokenLike, type TokenConfig } from "./token.ts";

export type CredentialConfig = {
  readonly environment: "development" | "production";
  readonly authMode: "dev" | "required";
  readonly adminApiKey: string | null;
  /** Null: this Worker makes no API keys and takes none. */
  readonly keyPepper: string | null;
  /** Null: no token is taken. */
  readonly token: TokenConfig | null;
};

export type CredentialPorts = {
  readonly config: CredentialConfig;
  /** A new stub at each call. */
  readonly keys: (id: string) => Pick<KeyStub, "verify">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly fetch: typeof globalThis.fetch;
  /** Told of each key that opened nothing, beside the request. */
  readonly onKeyRefused: (keyId: string, digest: Uint8Array) => void;
};

/** A key that was not stored yet: the text for its owner, the digest for its object. */
export type NewKey = { readonly id: string; readonly text: string; readonly digest: Uint8Array };

export interface Credentials {
  /**
   * Null: not valid. Why it is not, only the log is told.
   * @param client address it came from; refused credentials are counted by it.
   * @throws AppError UNAVAILABLE when it cannot be known; RateLimited when too many of the client's were refused.
   */
  verify(bearer: string, client?: string): Promise<Principal | null>;
  /** Null without a pepper. */
  makeKey(): Promise<NewKey | null>;
  /** This isolate asks the key's object again; the others do within KEY_CACHE_MS. */
  forget(keyId: string): void;
}

type Remembered = { readonly facts: KeyFacts; readonly digest: string; readonly until: number };

/** What an isolate knows about keys that were good. Bad ones are not remembered: they would push good ones out. */
class KeyMemory {
  readonly #entries = new Map<string, Remembered>();

  recall(id: string, digest: string, now: number): KeyFacts | null {
    const entry = this.#entries.get(id);
    return entry !== undefined && entry.until > now && entry.digest === digest ? entry.facts : null;
  }

  /** Whether it was good when it was last looked at, however long ago. */
  knows(id: string, digest: string): boolean {
    return this.#entries.get(id)?.digest === digest;
  }

  keep(facts: KeyFacts, digest: string, now: number): void {
    // A Map keeps the order of insertion: the first key is the one learned longest ago.
    this.#entries.delete(facts.id);
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= KEY_CACHE_ENTRIES_MAX) this.#entries.delete(oldest);
    this.#entries.set(facts.id, { facts, digest, until: now + KEY_CACHE_MS });
  }

  forget(id: string): void {
    this.#entries.delete(id);
  }
}

const toPrincipal = ({ id, tenant, roles }: KeyFacts): Principal =>
  withScopes({ kind: "key", id: `key:${id}`, tenants: [tenant], roles, granted: [] });

/** Neither kind is taken where the other is made: a key from a trial opens nothing in production. */
export const kindOf = (config: Pick<CredentialConfig, "environment">): KeyKind =>
  config.environment === "production" ? "live" : "test";

/** @returns the facts of a good key, or null. */
function createKeyCheck(ports: CredentialPorts, memory: KeyMemory): (bearer: string) => Promise<KeyFacts | null> {
  const { config, clock, log } = ports;
  return async (bearer) => {
    const parts = parseKey(bearer);
    if (parts === null || parts.kind !== kindOf(config) || config.keyPepper === null) {
      log.warn("auth.refused", { credential: "key", reason: "form" });
      return null;
    }
    const digest = await digestOf(parts.secret, config.keyPepper);
    const text = toHex(digest);
    const known = memory.recall(parts.id, text, clock.now());
    const facts = known ?? (await callObject(ports, () => ports.keys(parts.id).verify(digest)));
    const now = clock.now();
    if (facts === null || !isActive(facts, now)) {
      if (memory.knows(parts.id, text)) memory.forget(parts.id);
      log.warn("auth.refused", { credential: "key", reason: "not valid", key_id: parts.id });
      ports.onKeyRefused(parts.id, digest);
      return null;
    }
    if (known === null) memory.keep(facts, text, now);
    return facts;
  };
}

/** One per isolate: what it remembers is worth keeping. */
export function createCredentials(ports: CredentialPorts): Credentials {
  const { config, clock, log } = ports;
  const memory = new KeyMemory();
  const failures = createFailureCount(clock);
  const checkKey = createKeyCheck(ports, memory);
  const checkToken =
    config.token === null
      ? null
      : createTokenVerifier(config.token, { keys: createKeySource(config.token.jwksUrl, ports), clock });
  const operator = operatorPrincipal(config.authMode);
  let adminDigest: Promise<Uint8Array> | null = null;

  const isBootstrapKey = async (bearer: string): Promise<boolean> => {
    if (config.adminApiKey === null) return false;
    adminDigest ??= sha256(config.adminApiKey);
    return isSameDigest(await sha256(bearer), await adminDigest);
  };
  const identify = async (bearer: string): Promise<Principal | null> => {
    if (await isBootstrapKey(bearer)) return operator;
    if (isKeyLike(bearer)) {
      const facts = await checkKey(bearer);
      return facts === null ? null : toPrincipal(facts);
    }
    if (checkToken === null || !isTokenLike(bearer)) {
      log.warn("auth.refused", { credential: "unknown", reason: "form" });
      return null;
    }
    const verdict = await checkToken(bearer);
    if (verdict.kind === "principal") return verdict.principal;
    log.warn("auth.refused", { credential: "token", reason: verdict.reason });
    return null;
  };
  /** What may be asked even for a client whose budget is spent: it guesses nothing, and asks nobody. */
  const isExempt = async (bearer: string): Promise<boolean> => {
    if (!isKeyLike(bearer)) return checkToken !== null && isTokenLike(bearer);
    const parts = parseKey(bearer);
    if (parts === null || config.keyPepper === null) return false;
    return memory.knows(parts.id, toHex(await digestOf(parts.secret, config.keyPepper)));
  };
  return {
    verify: async (bearer, client = "") => {
      const spent = failures.spent(client);
      if (spent !== null && !(await isExempt(bearer))) throw new RateLimited(spent, "refused credentials");
      const principal = await identify(bearer);
      if (principal === null) failures.add(client);
      return principal;
    },
    makeKey: async () => {
      if (config.keyPepper === null) return null;
      const { id, text, secret } = makeKey(kindOf(config));
      return { id, text, digest: await digestOf(secret, config.keyPepper) };
    },
    forget: (keyId) => memory.forget(keyId),
  };
}
