/**
 * What a task knows of its session. The exchanges before it are read once, when its first run begins, and kept beside
 * the journal: a resumed run and a replay see the same conversation byte for byte, whatever the session became since.
 * Memory that cannot be reached costs the task its past, never its end.
 */
import { type Exchange, recall, remember } from "../../memory/index.ts";
import type { Message } from "../../model/index.ts";
import type { AgentConfig } from "../../pack/index.ts";
import { describeError } from "../../platform/index.ts";
import { durationMs } from "../duration.ts";
import { taintBefore } from "../guarded/taint.ts";
import type { TaskRow } from "../journal/journal.ts";
import type { TaskServices } from "../services.ts";
import { pastOf, type Run } from "./run.ts";

const KEY = "recalled";

type Storage = Pick<DurableObjectStorage, "kv">;

/** Null until the first run has begun. */
export const recalledOf = (storage: Storage): readonly Exchange[] | null =>
  storage.kv.get<readonly Exchange[]>(KEY) ?? null;

export const forgetRecalled = (storage: Storage): boolean => storage.kv.delete(KEY);

/** A replay takes over what its source knew. @param journal what exportJournal gave. */
export function importRecalled(storage: Storage, journal: string): void {
  const { recalled = [] } = JSON.parse(journal) as { readonly recalled?: readonly Exchange[] }; // written by exportRecalled
  storage.kv.put(KEY, recalled);
}

/** A journal's export with what the task knew of its session. */
export const exportRecalled = (storage: Storage, journal: object): string =>
  JSON.stringify({ ...journal, recalled: recalledOf(storage) ?? [] });

/** Null for a task outside of any session, and for a pack that remembers nothing. */
function sessionOf({ request }: TaskRow, { memory }: AgentConfig) {
  const { tenant, pack_id: agent, session_id: session } = request;
  return session === null || !memory.short_term.enabled ? null : { tenant, agent, session };
}

/** Reads the session's past the first time; after that gives what was read then. Never rejects. */
export async function recallOnce(
  storage: Storage,
  row: TaskRow,
  config: AgentConfig,
  services: Pick<TaskServices, "memory" | "log">,
): Promise<readonly Exchange[]> {
  const space = sessionOf(row, config);
  const known = recalledOf(storage);
  if (space === null || known !== null) return known ?? [];
  let exchanges: readonly Exchange[] = [];
  try {
    exchanges = await recall(services.memory, space);
  } catch (thrown) {
    const { tenant, task_id } = row.request;
    services.log.warn("memory.recall_failed", { tenant_id: tenant, task_id, error: describeError(thrown) });
  }
  // Whoever came first while this one waited has already told the model.
  const first = recalledOf(storage) ?? exchanges;
  storage.kv.put(KEY, first);
  return first;
}

/** The past as the model sees it: what the user said and what was answered, in turns. */
export const toPastMessages = (exchanges: readonly Exchange[]): Message[] =>
  exchanges.flatMap(({ input, output }): Message[] => [
    { role: "user", text: input },
    { role: "assistant", text: output, toolCalls: [] },
  ]);

/**
 * Adds the finished task to its session. Called before its end is committed, so that whoever sees the end and starts
 * the next task finds it there; a run that is made again adds the same once more, which changes nothing. A replay is
 * no part of the conversation. Never rejects.
 */
export async function rememberOutput(run: Run, { input, output }: Pick<Exchange, "input" | "output">): Promise<void> {
  const row = run.row();
  const space = sessionOf(row, run.config);
  if (space === null || row.request.replay !== null) return;
  const { ttl, max_entries: maxEntries } = run.config.memory.short_term;
  const { task_id: taskId } = row.request;
  try {
    // The next task of the session knows what this one knew.
    const taint = taintBefore(pastOf(run), Number.POSITIVE_INFINITY, run.catalog.labelsOf);
    const exchange = { taskId, at: row.createdAt, input, output, taint };
    await remember(run.services.memory, space, exchange, { ttlMs: durationMs(ttl), maxEntries });
  } catch (thrown) {
    run.services.log.warn("memory.remember_failed", {
      tenant_id: row.request.tenant,
      task_id: taskId,
      error: describeError(thrown),
    });
  }
}
