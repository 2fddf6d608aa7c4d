/**
 * What the remote servers of a task's pack have. They are asked once, when the task first runs, and the answer is kept
 * beside the journal: a resumed run, and a replay under the same pack, offer the model the same tools in the same words,
 * whatever the servers say since.
 */
import type { RemoteServer } from "../../tool/index.ts";
import type { NewEvent } from "../journal/frames.ts";
import { childTraceOf, type Run } from "./run.ts";

const KEY = "remote_tools";

type Storage = Pick<DurableObjectStorage, "kv">;

/** Of one composed pack: another one names other servers and tools. */
type Recorded = { readonly packDigest: string; readonly servers: readonly RemoteServer[] };

export const recordedRemote = (storage: Storage): Recorded | null => storage.kv.get<Recorded>(KEY) ?? null;

export const forgetRemote = (storage: Storage): boolean => storage.kv.delete(KEY);

/** @param journal what was exported with `remote` in it; null before the source's first run. */
export function importRemote(storage: Storage, journal: string): void {
  const { remote = null } = JSON.parse(journal) as { readonly remote?: Recorded | null }; // written by our own export
  if (remote !== null) storage.kv.put(KEY, remote);
}

/** The run with the tools that its servers have. Rejects only on a fault of our own. */
export async function withRemoteTools<R extends Run>(run: R, storage: Storage): Promise<R> {
  if (run.config.tools.mcp_servers.length === 0) return run;
  const { tenant, task_id: taskId, pack_digest: packDigest } = run.row().request;
  const before = recordedRemote(storage);
  if (before?.packDigest === packDigest) return withServers(run, before.servers);
  const request = { tenant, taskId, traceparent: childTraceOf(run.row()) };
  try {
    const servers = await run.services.listRemoteTools(run.config, request, run.signal);
    // No await between the two: the record and its events are written together, or not at all.
    if (run.commit({ events: servers.map(toEvent) })) storage.kv.put(KEY, { packDigest, servers } satisfies Recorded);
    return withServers(run, servers);
  } catch (thrown) {
    if (run.signal.aborted) return run;
    throw thrown;
  }
}

const withServers = <R extends Run>(run: R, remote: readonly RemoteServer[]): R => ({
  ...run,
  ...run.services.toolsFor(run.config, remote),
  remote,
});

const toEvent = ({ id, tools, leftOut, error, egress }: RemoteServer): NewEvent => ({
  type: "mcp.listed",
  data: {
    server_id: id,
    tools: tools.map(({ name }) => name),
    left_out: leftOut,
    ...(error === null ? {} : { error }),
    egress,
  },
});
