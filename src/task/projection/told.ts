/** Which of a task's events leave the system and were not told yet, numbered and as CloudEvents. */
import {
  type EventSubject,
  isTaskEventType,
  type OutboxEvent,
  type TaskFact,
  toOutboxEvent,
} from "../../event/index.ts";
import { parseTenantId } from "../../platform/index.ts";
import { type History, totalsOf } from "../journal/history.ts";
import type { Journal, TaskRow } from "../journal/journal.ts";
import { TOLD_PAGE_EVENTS } from "../limits.ts";
import { usageView } from "../loop/outcome.ts";
import type { Snapshot } from "./projection-store.ts";

/** How far a telling came: the last event looked at, and how many have left so far. */
type Told = { readonly toldSeq: number; readonly toldEvents: number };

/** @param upTo sequence of the last event that the snapshot knows. */
export function untoldFacts(
  journal: Pick<Journal, "events">,
  row: Pick<TaskRow, "toldSeq" | "toldEvents">,
  upTo: number,
): Told & { readonly facts: readonly TaskFact[] } {
  const facts: TaskFact[] = [];
  let toldSeq = row.toldSeq ?? 0;
  let toldEvents = row.toldEvents ?? 0;
  while (toldSeq < upTo) {
    const page = journal.events(toldSeq, TOLD_PAGE_EVENTS).filter(({ seq }) => seq <= upTo);
    for (const { type, at, data } of page) {
      if (isTaskEventType(type)) facts.push({ type, seq: ++toldEvents, at, data });
    }
    const last = page.at(-1);
    if (last === undefined) break;
    toldSeq = last.seq;
  }
  return { toldSeq, toldEvents, facts };
}

/**
 * What the task used rides along with every event; only those that end it have a place for it, and then nothing is added
 * to the history any more. So an event that is told twice is the same event.
 */
export async function toOutboxEvents(
  { task, agent_id, tenant }: Pick<Snapshot, "task" | "agent_id" | "tenant">,
  about: { readonly traceparent: string; readonly history: History; readonly facts: readonly TaskFact[] },
): Promise<OutboxEvent[]> {
  const { task_id, pack_id, pack_version, pack_digest, session_id, trace_id, created_at } = task;
  const tenantId = parseTenantId(tenant);
  if (tenantId === undefined) throw new Error("a task's tenant was parsed when it was accepted");
  const subject: EventSubject = {
    tenant: tenantId,
    task: { task_id, agent_id, pack_id, pack_version, pack_digest, session_id, trace_id, created_at },
    traceparent: about.traceparent,
  };
  const { history } = about;
  const used = {
    usage: usageView(history).usage,
    cost_micros: totalsOf(history).costMicros,
    steps_taken: history.steps.length,
    model: history.steps.at(-1)?.model ?? null,
  };
  return Promise.all(about.facts.map((fact) => toOutboxEvent(subject, { ...fact, data: { ...fact.data, ...used } })));
}
