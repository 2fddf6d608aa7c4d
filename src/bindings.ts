/** The bindings of wrangler.toml by type. Variables are read by env.ts alone. */
import type { RunMessage } from "./env.ts";
import type { BreakerObject } from "./model/object.ts";
import type { DirectoryObject, TaskObject, TenantIndexObject } from "./task/object.ts";

export type Bindings = {
  readonly TASK: DurableObjectNamespace<TaskObject>;
  readonly TENANT_INDEX: DurableObjectNamespace<TenantIndexObject>;
  readonly DIRECTORY: DurableObjectNamespace<DirectoryObject>;
  readonly BREAKER: DurableObjectNamespace<BreakerObject>;
  readonly RUN_QUEUE: Queue<RunMessage>;
  readonly PACKS: R2Bucket;
  readonly ASSETS: Fetcher;
  readonly LOADER: WorkerLoader;
} & Readonly<Record<string, unknown>>;
