/**
 * The Durable Object that knows a tenant's own policies and which of them is active, so that it is known while the
 * database is down. The modules themselves are in the bucket, under their digests.
 */
import { DurableObject } from "cloudflare:workers";
import type { TenantId } from "../platform/index.ts";
import { POLICIES_KEPT_MAX, REMOVED_AT_ONCE_MAX } from "./limits.ts";
import type { ActivePolicy, PolicyFacts, PolicyListing, PolicyObjectServices, PolicyStub } from "./tenant-record.ts";

const TENANT = "tenant";
const ACTIVE = "active";
const PREFIX = "policy/";
/** Digests that are known no longer and whose modules may still be in the bucket. */
const DROPPED = "dropped/";

export class PolicyObject<Env = unknown> extends DurableObject<Env> implements PolicyStub {
  readonly #services: PolicyObjectServices;
  /** Ends with the last publication so far. Never rejects. */
  #added: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Env, services: PolicyObjectServices) {
    super(ctx, env);
    this.#services = services;
  }

  async list(tenant: TenantId): Promise<PolicyListing> {
    this.#own(tenant);
    return { items: this.#all(), active: this.#active() };
  }

  /** One after the other: once one is added, nobody removes its module any more who thinks that it was dropped. */
  add(tenant: TenantId, facts: PolicyFacts): ReturnType<PolicyStub["add"]> {
    const added = this.#added.then(async () => {
      const answer = this.#add(tenant, facts);
      await this.#removeDropped(tenant);
      return answer;
    });
    this.#added = added.catch(() => undefined); // whoever asked is told
    return added;
  }

  #add(tenant: TenantId, facts: PolicyFacts): Awaited<ReturnType<PolicyStub["add"]>> {
    this.#own(tenant);
    const known = this.#get(facts.digest);
    if (known !== undefined) return { isNew: false, facts: known };
    const { kv } = this.ctx.storage;
    kv.put(TENANT, tenant);
    const all = this.#all();
    const idle = all.filter(({ digest }) => digest !== this.#active()?.digest);
    const places = POLICIES_KEPT_MAX - 1 - (all.length - idle.length);
    for (const { digest } of idle.slice(places)) {
      kv.delete(PREFIX + digest);
      kv.put(DROPPED + digest, true);
    }
    kv.delete(DROPPED + facts.digest);
    kv.put(PREFIX + facts.digest, facts);
    return { isNew: true, facts };
  }

  /**
   * What a crash or a bucket that is away leaves behind goes with the next publication. Without a timeout: who stopped
   * waiting could not say that nothing is removed any more. Whoever publishes waits no longer than for any object.
   */
  async #removeDropped(tenant: TenantId): Promise<void> {
    const { kv } = this.ctx.storage;
    const keys = [...kv.list({ prefix: DROPPED, limit: REMOVED_AT_ONCE_MAX })].map(([key]) => key);
    if (keys.length === 0) return;
    try {
      await this.#services.remove(
        tenant,
        keys.map((key) => key.slice(DROPPED.length)),
      );
    } catch {
      return; // they stay noted; what was published is published
    }
    for (const key of keys) kv.delete(key);
  }

  async activate(tenant: TenantId, { digest, mode }: ActivePolicy): Promise<PolicyFacts | null> {
    this.#own(tenant);
    const known = this.#get(digest);
    if (known === undefined) return null;
    this.ctx.storage.kv.put(ACTIVE, { digest, mode } satisfies ActivePolicy);
    return known;
  }

  async deactivate(tenant: TenantId): Promise<boolean> {
    this.#own(tenant);
    return this.ctx.storage.kv.delete(ACTIVE);
  }

  async active(tenant: TenantId): Promise<ActivePolicy | null> {
    this.#own(tenant);
    return this.#active();
  }

  #active(): ActivePolicy | null {
    return this.ctx.storage.kv.get<ActivePolicy>(ACTIVE) ?? null;
  }

  #get(digest: string): PolicyFacts | undefined {
    return this.ctx.storage.kv.get<PolicyFacts>(PREFIX + digest);
  }

  #all(): PolicyFacts[] {
    const all = [...this.ctx.storage.kv.list<PolicyFacts>({ prefix: PREFIX })].map(([, facts]) => facts);
    return all.toSorted((a, b) => b.publishedAt - a.publishedAt || (a.digest < b.digest ? -1 : 1));
  }

  /** An object serves one tenant for ever; a call for another is a bug that must not read or write. */
  #own(tenant: TenantId): void {
    const owner = this.ctx.storage.kv.get<string>(TENANT) ?? tenant;
    if (owner !== tenant) throw new Error("this object belongs to another tenant");
  }
}
