/** What is kept about keys and tenants, and what their objects answer to. No secret is in any of it. */
import type { TenantId } from "../platform/index.ts";
import type { Role } from "./access.ts";

/** Times are epoch milliseconds. */
export type KeyFacts = {
  readonly id: string;
  readonly tenant: TenantId;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly createdAt: number;
  /** The principal that made it; absent where that was not recorded. */
  readonly createdBy?: string;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** To the hour. */
  readonly lastUsedAt: number | null;
};

export type KeyRefusal = "wrong_secret" | "revoked" | "expired";

export type TenantFacts = { readonly tenant: TenantId; readonly name: string; readonly createdAt: number };

/** The authority of one key: an object named by the key's id. */
export interface KeyStub {
  /** False: there is another one of this id already, and it stays as it is. */
  create(facts: KeyFacts, digest: Uint8Array): Promise<boolean>;
  /** Null: unknown, another secret, revoked or expired. Which of them, nobody is told. */
  verify(digest: Uint8Array): Promise<KeyFacts | null>;
  /** For the audit log, after `verify` said null: whose key it is and why it opened nothing. Null for no key of this id. */
  refusal(digest: Uint8Array): Promise<{ readonly tenant: TenantId; readonly reason: KeyRefusal } | null>;
  /** @param tenant null: whosever it is. @returns null for no such key of that tenant. A second time changes nothing. */
  revoke(tenant: TenantId | null): Promise<KeyFacts | null>;
}

/** A tenant and the list of its keys: an object named by the tenant. */
export interface TenantStub {
  /** @returns null when there is one already, which stays as it is. */
  register(tenant: TenantId, name: string): Promise<TenantFacts | null>;
  describe(tenant: TenantId): Promise<TenantFacts | null>;
  /** behind: too many changes wait for the database to come back. */
  addKey(tenant: TenantId, facts: KeyFacts): Promise<"added" | "limit" | "behind" | "unknown">;
  /** Newest first. */
  keys(tenant: TenantId): Promise<readonly KeyFacts[]>;
  /** False: the list has no such key. */
  endKey(tenant: TenantId, id: string, at: number): Promise<boolean>;
  touchKey(tenant: TenantId, id: string, at: number): Promise<void>;
}

export const isActive = (key: KeyFacts, now: number): boolean =>
  key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
