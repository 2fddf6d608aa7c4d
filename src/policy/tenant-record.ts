/** What is known of a tenant's own policies, and the object that knows it, as seen from elsewhere. */
import type { TenantId } from "../platform/index.ts";

/** `log`: it is asked and recorded, and changes nothing. */
export const POLICY_MODES = ["enforce", "log"] as const;
export type PolicyMode = (typeof POLICY_MODES)[number];

export type PolicyFacts = {
  /** SHA-256 of the module as it was published, 64 hexadecimal digits: its name everywhere. */
  readonly digest: string;
  /** For people; null without one. */
  readonly name: string | null;
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly publishedAt: number;
  readonly publishedBy: string;
};

/** The one that decides beside the operator's. */
export type ActivePolicy = { readonly digest: string; readonly mode: PolicyMode };

export type PolicyListing = { readonly items: readonly PolicyFacts[]; readonly active: ActivePolicy | null };

export interface PolicyStub {
  /** Newest first. */
  list(tenant: TenantId): Promise<PolicyListing>;
  /**
   * One that is known already stays as it is. The oldest make room for it: they are known no longer, and their modules are
   * removed before this answers, or with a later one.
   */
  add(tenant: TenantId, facts: PolicyFacts): Promise<{ readonly isNew: boolean; readonly facts: PolicyFacts }>;
  /** Null when it is not known. */
  activate(tenant: TenantId, active: ActivePolicy): Promise<PolicyFacts | null>;
  /** False when none was active. */
  deactivate(tenant: TenantId): Promise<boolean>;
  active(tenant: TenantId): Promise<ActivePolicy | null>;
}

/** What the object asks for. */
export type PolicyObjectServices = {
  /** Removes modules from the bucket; one that is not there is removed. */
  readonly remove: (tenant: TenantId, digests: readonly string[]) => Promise<void>;
};
