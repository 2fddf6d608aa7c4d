/**
 * The Durable Object that keeps a tenant's secrets, sealed, so that they can be used while the database is down. What a
 * secret is and where it goes is sealed with it: nobody who can write here can turn one to another host.
 */
import { DurableObject } from "cloudflare:workers";
import type { Clock, Log, Seal, SealScope, TenantId } from "../platform/index.ts";
import type { OpenedSecret } from "../tool/index.ts";
import { SECRETS_MAX } from "./limits.ts";
import {
  checkSecret,
  type NewSecret,
  type SecretFacts,
  type SecretStub,
  type SecretWritten,
  toOpened,
} from "./secret-record.ts";

export type SecretServices = {
  readonly clock: Clock;
  readonly log: Log;
  /** Null without a master key: nothing can be kept. */
  readonly seal: Seal | null;
  readonly localOrigins: readonly string[];
};

type Stored = { readonly facts: SecretFacts; readonly sealed: string };

const TENANT = "tenant";
const PREFIX = "secret/";
const PURPOSE = "tool-secret";

export class SecretObject<Env = unknown> extends DurableObject<Env> implements SecretStub {
  readonly #services: SecretServices;

  constructor(ctx: DurableObjectState, env: Env, services: SecretServices) {
    super(ctx, env);
    this.#services = services;
  }

  async put(tenant: TenantId, secret: NewSecret): Promise<SecretWritten> {
    this.#own(tenant);
    const { seal, clock, localOrigins } = this.#services;
    if (seal === null) return { kind: "closed" };
    const checked = checkSecret(secret, localOrigins);
    if (!checked.ok) return { kind: "invalid", fault: checked.error };
    const { value: _value, ...place } = secret;
    const sealed = await seal.seal(JSON.stringify(secret), scopeOf(tenant, secret.name));
    // Looked at after the wait: what is decided here is written before anything else can run.
    const before = this.#get(secret.name);
    if (before === undefined && this.#all().length >= SECRETS_MAX) return { kind: "limit" };
    const now = clock.now();
    const facts: SecretFacts = { ...place, createdAt: before?.facts.createdAt ?? now, updatedAt: now };
    this.ctx.storage.kv.put(TENANT, tenant);
    this.ctx.storage.kv.put(PREFIX + secret.name, { facts, sealed } satisfies Stored);
    return { kind: "written", isNew: before === undefined, facts };
  }

  async list(tenant: TenantId): Promise<readonly SecretFacts[]> {
    this.#own(tenant);
    return this.#all().map(({ facts }) => facts);
  }

  async remove(tenant: TenantId, name: string): Promise<boolean> {
    this.#own(tenant);
    return this.#get(name) !== undefined && this.ctx.storage.kv.delete(PREFIX + name);
  }

  /**
   * For a call's gateway alone. Names that are not there are left out: a tool may do with less, and a server that wants
   * more says so.
   */
  async open(tenant: TenantId, names: readonly string[]): Promise<readonly OpenedSecret[]> {
    this.#own(tenant);
    const { seal, log } = this.#services;
    const opened: OpenedSecret[] = [];
    for (const name of names) {
      const stored = this.#get(name);
      const text = stored === undefined ? undefined : await seal?.open(stored.sealed, scopeOf(tenant, name));
      if (text?.ok) opened.push(toOpened(parseSealed(text.value)));
      else if (stored !== undefined) log.error("secret.unreadable", { tenant_id: tenant, secret: name });
    }
    return opened;
  }

  #get(name: string): Stored | undefined {
    return this.ctx.storage.kv.get<Stored>(PREFIX + name);
  }

  /** In the order of the names. */
  #all(): Stored[] {
    return [...this.ctx.storage.kv.list<Stored>({ prefix: PREFIX })].map(([, stored]) => stored);
  }

  /** An object serves one tenant for ever; a call for another is a bug that must not read or write. */
  #own(tenant: TenantId): void {
    const owner = this.ctx.storage.kv.get<string>(TENANT) ?? tenant;
    if (owner !== tenant) throw new Error("this object belongs to another tenant");
  }
}

/** A cast, because nothing opens but what `put` sealed. */
const parseSealed = (json: string): NewSecret => JSON.parse(json) as NewSecret;

const scopeOf = (tenant: TenantId, record: string): SealScope => ({ tenant, purpose: PURPOSE, record });
