/** The Durable Objects of this room, for `src/index.ts` alone: everything here needs the Workers runtime. */

export type { ApprovalsReport, HandoffPort, IndexReport, TaskServices, TenantIndexPort } from "./services.ts";
export { TaskObject } from "./task-object.ts";
export { DirectoryObject } from "./tenant/directory.ts";
export { type IndexServices, TenantIndexObject } from "./tenant/tenant-index.ts";
export type { Watched } from "./tenant/watch.ts";
