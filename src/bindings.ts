/** The bindings of wrangler.toml by type. Variables are read by env.ts alone. */

import type { KeyObject, LimiterObject, SecretObject, TenantObject } from "./api/object.ts";
import type { AuditObject } from "./audit/object.ts";
import type { RunMessage } from "./env.ts";
import type { DoorbellObject, WebhookObject } from "./event/object.ts";
import type { SessionMemoryObject } from "./memory/object.ts";
import type { BreakerObject } from "./model/object.ts";
import type { PolicyObject } from "./policy/object.ts";
import type { DirectoryObject, TaskObject, TenantIndexObject } from "./task/object.ts";
import type { ToolGateObject } from "./tool/object.ts";

export type Bindings = {
  readonly TASK: DurableObjectNamespace<TaskObject>;
  readonly TENANT_INDEX: DurableObjectNamespace<TenantIndexObject>;
  readonly DIRECTORY: DurableObjectNamespace<DirectoryObject>;
  readonly BREAKER: DurableObjectNamespace<BreakerObject>;
  /** By the id of an API key. */
  readonly KEY: DurableObjectNamespace<KeyObject>;
  readonly TENANT: DurableObjectNamespace<TenantObject>;
  readonly AUDIT: DurableObjectNamespace<AuditObject>;
  readonly LIMITER: DurableObjectNamespace<LimiterObject>;
  readonly SESSION_MEMORY: DurableObjectNamespace<SessionMemoryObject>;
  readonly TOOL_GATE: DurableObjectNamespace<ToolGateObject>;
  /** By tenant. */
  readonly SECRET: DurableObjectNamespace<SecretObject>;
  /** By tenant. */
  readonly POLICY: DurableObjectNamespace<PolicyObject>;
  /** By tenant and id of an endpoint. */
  readonly WEBHOOK: DurableObjectNamespace<WebhookObject>;
  /** By shard; which one hears a tenant says the event room. */
  readonly DOORBELL: DurableObjectNamespace<DoorbellObject>;
  readonly RUN_QUEUE: Queue<RunMessage>;
  /** Structured CloudEvents, as text. */
  readonly EVENT_QUEUE: Queue<string>;
  readonly PACKS: R2Bucket;
  readonly ASSETS: Fetcher;
  readonly LOADER: WorkerLoader;
} & Readonly<Record<string, unknown>>;
