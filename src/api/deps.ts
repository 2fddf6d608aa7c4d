/**
 * What the doors are given. They hold no binding and read no variable: `index.ts` of the Worker builds these, tests
 * build others.
 */

import type { AuditReader, AuditStub } from "../audit/index.ts";
import type { DeadLetters, Webhooks } from "../event/index.ts";
import type { ModelRouter, Tier } from "../model/index.ts";
import type { PackRegistry } from "../pack/index.ts";
import type { Clock, Log, Random, TaskId, TenantId } from "../platform/index.ts";
import type { DecisionReader, DoorDecision, PolicyEngine, PolicyShelf, PolicyStub } from "../policy/index.ts";
import type { ApprovalListStub, TaskStub, TenantIndexStub } from "../task/index.ts";
import type { AccessCheck } from "./access-check.ts";
import type { AuthWitness } from "./auth-witness.ts";
import type { Credentials } from "./credentials.ts";
import type { KeyStub, TenantStub } from "./key-record.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { SecretStub } from "./secret-record.ts";

/** The part of the configuration that the doors act on. */
export type ApiConfig = {
  readonly environment: "development" | "production";
  readonly authMode: "dev" | "required";
  readonly defaultTier: Tier;
  readonly corsOrigins: readonly string[];
  readonly bodyBytesMax: number;
  /** Whether an accepted task starts itself, or waits for its message from the run queue. */
  readonly startsItself: boolean;
};

/** `failed`: tasks cannot be accepted. `degraded`: they can, something else is missing. */
export type ReadyChecks = { readonly [name: string]: "ok" | "degraded" | "failed" };

export type Readiness = {
  readonly checks: ReadyChecks;
  /** Null without a database; a member is null while it is not known. */
  readonly database: { readonly schemaVersion: number | null; readonly isRoleSafe: boolean | null } | null;
};

export type ApiDeps = {
  readonly config: ApiConfig;
  /** A new stub at each call: after an object was reset, the old one stays broken. */
  readonly tasks: (tenant: TenantId, task: TaskId) => TaskStub;
  readonly index: (tenant: TenantId) => TenantIndexStub;
  readonly approvals: (tenant: TenantId) => ApprovalListStub;
  readonly credentials: Credentials;
  /** Who may make which call. */
  readonly access: AccessCheck;
  readonly keys: (id: string) => KeyStub;
  readonly tenants: (tenant: TenantId) => TenantStub;
  /** Null where there is no database, or no key to keep their secrets under. */
  readonly webhooks: Webhooks | null;
  readonly secrets: (tenant: TenantId) => SecretStub;
  readonly audit: (tenant: TenantId) => AuditStub;
  readonly auditLog: AuditReader;
  readonly decisions: DecisionReader;
  /** Asked before a task of a pack is accepted. */
  readonly policy: { readonly engine: PolicyEngine; readonly region: string | null };
  /** Told, beside the request, of what the policy denied at a door; for the log of decisions. */
  readonly onPolicyDenied: (tenant: TenantId, made: DoorDecision) => void;
  /** The tenants' own: where they are kept and tried, and what knows them. */
  readonly policies: { readonly shelf: PolicyShelf; readonly objectOf: (tenant: TenantId) => PolicyStub };
  /** Signs heads of audit logs: 32 bytes, base64url. Null: none is signed. */
  readonly auditSigningKey: string | null;
  readonly witness: AuthWitness;
  /** Null without a database. */
  readonly deadLetters: DeadLetters | null;
  readonly limiter: RateLimiter;
  readonly registry: PackRegistry;
  readonly router: Pick<ModelRouter, "isAllowed" | "modelOf">;
  /** Tells the run queue of an accepted task, in its own time. May fail: the task starts itself. */
  readonly dispatch: (task: {
    readonly tenant: TenantId;
    readonly taskId: TaskId;
    readonly traceparent: string;
  }) => Promise<void>;
  /** A file of the Worker's assets by absolute path. */
  readonly assets: (path: string) => Promise<Response>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Never rejects, never wakes an idle database. */
  readonly ready: () => Promise<Readiness>;
};

/** The one thing the doors need of the platform's execution context. */
export type Background = { waitUntil(promise: Promise<unknown>): void };
