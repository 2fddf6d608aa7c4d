/**
 * The Durable Object that knows a tenant's own policies and which of them is active, so that it is known while the
 * database is down. The modules themselves are in the bucket, under their digests.
 */
import { DurableObject } from "cloudflare:workers";
import type { TenantId } from "../platform/index.ts";
import { POLICIES_KEPT_MAX } from "./limits.ts";
import type { ActivePolicy, PolicyFacts, PolicyListing, PolicyStub } from "./tenant-record.ts";

const TENANT = "tenant";
const ACTIVE = "active";
const PREFIX = "policy/";

export class PolicyObject<Env = unknown> extends DurableObject<Env> implements PolicyStub {
  async list(tenant: TenantId): Promise<PolicyListing> {
    this.#own(tenant);
    return { items: this.#all(), active: this.#active() };
  }

  async add(tenant: TenantId, facts: PolicyFacts): ReturnType<PolicyStub["add"]> {
    this.#own(tenant);
    const known = this.#get(facts.digest);
    if (known !== undefined) return { isNew: false, facts: known, dropped: [] };
    this.ctx.storage.kv.put(TENANT, tenant);
    const all = this.#all();
    const idle = all.filter(({ digest }) => digest !== this.#active()?.digest);
    const places = POLICIES_KEPT_MAX - 1 - (all.length - idle.length);
    const dropped = idle.slice(places).map(({ digest }) => digest);
    for (const digest of dropped) this.ctx.storage.kv.delete(PREFIX + digest);
    this.ctx.storage.kv.put(PREFIX + facts.digest, facts);
    return { isNew: true, facts, dropped };
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
