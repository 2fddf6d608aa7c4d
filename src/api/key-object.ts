/**
 * The Durable Object that is the authority of one key, named by the key's id: whose it is, what it may, until when.
 * It lets a request be authenticated while the database is down, and no lookup ever crosses tenants. Asking one that
 * was never made leaves nothing behind.
 */
import { DurableObject } from "cloudflare:workers";
import { type Clock, describeError, type Log, type TenantId } from "../platform/index.ts";
import { isActive, type KeyFacts, type KeyStub } from "./key-record.ts";
import { isSameDigest } from "./key-text.ts";
import { KEY_USED_MS } from "./limits.ts";

export type KeyServices = {
  readonly clock: Clock;
  readonly log: Log;
  /** Tells the tenant's list of a use. */
  readonly used: (tenant: TenantId, id: string, at: number) => Promise<void>;
};

type Stored = { readonly facts: KeyFacts; readonly digest: Uint8Array };

const KEY = "key";

export class KeyObject<Env = unknown> extends DurableObject<Env> implements KeyStub {
  readonly #services: KeyServices;

  constructor(ctx: DurableObjectState, env: Env, services: KeyServices) {
    super(ctx, env);
    this.#services = services;
  }

  async create(facts: KeyFacts, digest: Uint8Array): Promise<boolean> {
    const stored = this.#read();
    // A call that is made again after a lost answer finds its own key.
    if (stored !== null) return isSameDigest(stored.digest, digest);
    this.#write({ facts, digest });
    return true;
  }

  async verify(digest: Uint8Array): Promise<KeyFacts | null> {
    const stored = this.#read();
    const now = this.#services.clock.now();
    // Compared first and in full, so that the time taken tells nothing about a key's state.
    const isSame = stored !== null && isSameDigest(stored.digest, digest);
    if (!isSame || !isActive(stored.facts, now)) return null;
    this.#touch(stored, now);
    return stored.facts;
  }

  async refusal(digest: Uint8Array) {
    const stored = this.#read();
    if (stored === null) return null;
    const { tenant, revokedAt } = stored.facts;
    if (!isSameDigest(stored.digest, digest)) return { tenant, reason: "wrong_secret" as const };
    return { tenant, reason: revokedAt === null ? ("expired" as const) : ("revoked" as const) };
  }

  async revoke(tenant: TenantId | null): Promise<KeyFacts | null> {
    const stored = this.#read();
    if (stored === null || (tenant !== null && stored.facts.tenant !== tenant)) return null;
    if (stored.facts.revokedAt !== null) return stored.facts;
    const facts = { ...stored.facts, revokedAt: this.#services.clock.now() };
    this.#write({ ...stored, facts });
    return facts;
  }

  #touch(stored: Stored, now: number): void {
    const { tenant, id, lastUsedAt } = stored.facts;
    if (lastUsedAt !== null && now - lastUsedAt < KEY_USED_MS) return;
    this.#write({ ...stored, facts: { ...stored.facts, lastUsedAt: now } });
    const told = this.#services.used(tenant, id, now).catch((thrown: unknown) => {
      // The list shows an older use; the next hour mends it.
      this.#services.log.warn("key.use_untold", { tenant_id: tenant, key_id: id, error: describeError(thrown) });
    });
    this.ctx.waitUntil(told);
  }

  #read(): Stored | null {
    return this.ctx.storage.kv.get<Stored>(KEY) ?? null;
  }

  #write(stored: Stored): void {
    this.ctx.storage.kv.put(KEY, stored);
  }
}
