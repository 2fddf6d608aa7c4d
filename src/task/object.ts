/** The Durable Objects of this room, for `src/index.ts` alone: everything here needs the Workers runtime. */

export { DirectoryObject } from "./directory.ts";
export type { ApprovalsReport, HandoffPort, IndexReport, TaskServices, TenantIndexPort } from "./services.ts";
export { TaskObject } from "./task-object.ts";
export { type IndexServices, TenantIndexObject } from "./tenant-index.ts";
export type { Watched } from "./watch.ts";
