/**
 * Keeps Postgres told of one task: after each transition once, in the background, with one request at a time. The due
 * time `projection` is stored with the transition itself, so a crash between the two is made up for by the alarm.
 */
import { EVENTS_PER_REQUEST_MAX, type OutboxEvent } from "../../event/index.ts";
import {
  type Clock,
  deriveAgentId,
  describeError,
  type Log,
  parseTenantId,
  type Random,
} from "../../platform/index.ts";
import { toDecisionRecord } from "../../policy/index.ts";
import { totalsOf } from "../journal/history.ts";
import type { Change, Journal, TaskRow } from "../journal/journal.ts";
import {
  PROJECTION_BATCH_CALLS,
  PROJECTION_BATCH_CHARS,
  PROJECTION_NET_MS,
  PROJECTION_RESULT_CHARS_MAX,
  PROJECTION_RETRY_MS_MAX,
  PROJECTION_RETRY_MS_MIN,
} from "../limits.ts";
import { brokenAt, nextAttempt, openUntil } from "../loop/broken-call.ts";
import { toView } from "../view.ts";
import { type Attempt, approvalIdFor, attemptIdOf, isFinding, outcomeOf, toAuditEntry } from "./audit-rows.ts";
import type { ProjectionPort } from "./projection.ts";
import type { Execution, Snapshot } from "./projection-store.ts";
import { toOutboxEvents, untoldFacts } from "./told.ts";

export type ProjectorOptions = {
  readonly port: ProjectionPort;
  readonly journal: Pick<Journal, "row" | "history" | "lastSeq" | "updatedAt" | "events" | "approvals" | "broken">;
  readonly change: (change: Change) => boolean;
  readonly background: (work: Promise<void>) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: () => Log;
};

export class Projector {
  readonly #options: ProjectorOptions;
  #flushing: Promise<void> | null = null;
  /** The task changed since the flush under way took its snapshot. */
  #isStale = false;
  #failures = 0;

  constructor(options: ProjectorOptions) {
    this.#options = options;
  }

  /** When the alarm looks again, should the flush of this change be lost. */
  get dueAt(): number {
    return this.#options.clock.now() + PROJECTION_NET_MS;
  }

  /** The task changed: tell Postgres soon. */
  touch(): void {
    this.#options.background(this.flush());
  }

  /** Resolves when Postgres has what the task is now, or when it could not be told. Never rejects. */
  flush(): Promise<void> {
    this.#isStale = true;
    this.#flushing ??= this.#run().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #run(): Promise<void> {
    const { journal, change, log } = this.#options;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const row = journal.row;
        if (row === null) return;
        const told = await this.#tell(row);
        if (told === null) return this.#retryLater();
        this.#failures = 0;
        // A transition meanwhile has stored a due time of its own: only what was told is settled.
        if (journal.row?.due.projection !== row.due.projection) this.#isStale = true;
        change(this.#isStale ? { patch: told } : { due: { projection: this.#heldUntil() }, patch: told });
      }
    } catch (thrown) {
      log().error("projection.failed", { error: describeError(thrown) });
      this.#retryLater();
    }
  }

  /** Tells everything that was not told yet; null when Postgres, or the doorbell, could not be reached. */
  async #tell(row: TaskRow): Promise<NonNullable<Change["patch"]> | null> {
    const { port, journal } = this.#options;
    // Taken before anything is awaited: calls of this step may still be running, those of earlier ones are recorded.
    const projectedStep = journal.history.steps.at(-1)?.n ?? 0;
    const { facts, ...told } = untoldFacts(journal, row, journal.lastSeq);
    const snapshot = await toSnapshot(row, journal);
    const { history } = journal;
    const events = await toOutboxEvents(snapshot, { traceparent: row.request.traceparent, history, facts });
    const executions = await toExecutions(row, journal, this.#options.clock.now());
    for (const request of inRequests(executions, events)) {
      if ((await port.flush({ ...snapshot, ...request })) === "unavailable") return null;
    }
    return { projectedStep, ...told };
  }

  /** When calls are told that may still change; null when there are none. */
  #heldUntil(): number | null {
    const now = this.#options.clock.now();
    const times = this.#options.journal.broken().flatMap((call) => openUntil(call, now) ?? []);
    return times.length === 0 ? null : Math.max(...times);
  }

  #retryLater(): void {
    const { change, clock, random } = this.#options;
    this.#failures += 1;
    const cap = Math.min(PROJECTION_RETRY_MS_MAX, PROJECTION_RETRY_MS_MIN * 2 ** this.#failures);
    change({ due: { projection: clock.now() + Math.round(PROJECTION_RETRY_MS_MIN + random() * cap) } });
  }
}

async function toSnapshot(
  row: TaskRow,
  journal: ProjectorOptions["journal"],
): Promise<Omit<Snapshot, "executions" | "events">> {
  const { request } = row;
  const tenant = parseTenantId(request.tenant);
  if (tenant === undefined) throw new Error("a task's tenant was parsed when it was accepted");
  const { history, updatedAt, lastSeq } = journal;
  return {
    tenant,
    task: toView(row, history, { updatedAt, lastSeq }),
    agent_id: await deriveAgentId({
      tenant,
      packId: request.pack_id,
      packVersion: request.pack_version,
      sessionId: request.session_id,
    }),
    idempotency_key: request.idempotency_key,
    fingerprint: request.fingerprint,
    tier: request.tier,
    model: history.steps.at(-1)?.model ?? null,
    version: lastSeq,
    cost_micros: totalsOf(history).costMicros,
  };
}

/**
 * Attempts at calls by step and index, those without a result first. A result too long for a row's purpose keeps its
 * start and says how long it was.
 */
function toExecutions(
  { request, projectedStep = 0 }: TaskRow,
  journal: Pick<ProjectorOptions["journal"], "history" | "approvals" | "broken">,
  now: number,
): Promise<Execution[]> {
  const { history } = journal;
  const broken = journal.broken();
  const approvals = journal.approvals();
  // A person's word on an attempt that was lost is not another attempt.
  const attemptOf = (end: Attempt["end"]): number => {
    if ("outcome" in end) return end.attempt;
    return isFinding(end) ? Math.max(1, brokenAt(broken, end).length) : nextAttempt(broken, end);
  };
  const due = [...broken.filter((call) => openUntil(call, now) === null), ...history.results]
    .filter(({ step }) => step >= projectedStep)
    .toSorted((a, b) => a.step - b.step || a.index - b.index)
    .flatMap((end) => {
      const step = history.steps.find(({ n }) => n === end.step);
      const call = step?.toolCalls[end.index];
      if (step === undefined || call === undefined) return [];
      const approvalId = approvalIdFor(request.task_id, end, approvals);
      // What was taken over from another task is in the log already, as that one's.
      const isTakenOver = step.replayed && !("outcome" in end);
      return [{ isTakenOver, told: { request, call, end, attempt: attemptOf(end), approvalId } }];
    });
  return Promise.all(due.map(({ told, isTakenOver }) => toExecution(told, { isTakenOver, now })));
}

async function toExecution(
  told: Attempt,
  { isTakenOver, now }: { readonly isTakenOver: boolean; readonly now: number },
): Promise<Execution> {
  const { call, end, attempt, approvalId } = told;
  const outcome = outcomeOf(end);
  return {
    id: await attemptIdOf("execution", told),
    attempt,
    outcome,
    approval_id: approvalId,
    ...(isFinding(end) ? { is_finding: true } : {}),
    step: end.step,
    index: end.index,
    tool_id: call.toolId,
    tool_name: end.toolName ?? call.toolId,
    arguments_json: shorten(
      call.arguments.kind === "object" ? JSON.stringify(call.arguments.value) : call.arguments.raw,
    ),
    success: outcome === "done",
    result_json: "resultJson" in end && end.error === null ? shorten(end.resultJson) : null,
    error: end.error,
    duration_ms: isFinding(end) ? null : end.durationMs,
    audit: isTakenOver ? null : await toAuditEntry(told, now),
    ...(isTakenOver ? {} : await decisionOf(told)),
  };
}

async function decisionOf({ request, end }: Attempt): Promise<Pick<Execution, "decision">> {
  const { decision, step, index: callIndex } = end;
  if (decision === undefined) return {};
  const place = { taskId: request.task_id, step, callIndex, traceId: request.trace_id };
  return { decision: await toDecisionRecord(decision, place) };
}

const shorten = (json: string): string =>
  json.length <= PROJECTION_RESULT_CHARS_MAX
    ? json
    : JSON.stringify({ truncated: true, characters: json.length, start: json.slice(0, PROJECTION_RESULT_CHARS_MAX) });

/**
 * A hundred calls or about half a megabyte of results a request, in the order of the steps, then the events: they come with or after the rows
 * they speak about. At least one request, so that the task itself is always told.
 */
function inRequests(executions: readonly Execution[], events: readonly OutboxEvent[]) {
  const requests: { executions: Execution[]; events: readonly OutboxEvent[] }[] = [{ executions: [], events: [] }];
  let size = 0;
  let count = 0;
  for (const execution of executions) {
    const length = execution.arguments_json.length + (execution.result_json?.length ?? 0);
    const isFull = size + length > PROJECTION_BATCH_CHARS || count >= PROJECTION_BATCH_CALLS;
    if (count > 0 && isFull) {
      requests.push({ executions: [], events: [] });
      size = 0;
      count = 0;
    }
    requests.at(-1)?.executions.push(execution);
    size += length;
    count += 1;
  }
  for (let from = 0; from < events.length; from += EVENTS_PER_REQUEST_MAX) {
    const some = events.slice(from, from + EVENTS_PER_REQUEST_MAX);
    const last = requests.at(-1);
    if (from === 0 && last !== undefined) last.events = some;
    else requests.push({ executions: [], events: some });
  }
  return requests;
}
