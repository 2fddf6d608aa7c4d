/** What a run is made of, and the small things every part of it needs. The decisions are in decide.ts. */

import type { Exchange } from "../../memory/index.ts";
import type { AgentConfig } from "../../pack/index.ts";
import {
  type CancelSignal,
  canonicalJson,
  childTrace,
  formatTraceparent,
  lengthPrefixed,
  parseTraceparent,
  sha256Hex,
} from "../../platform/index.ts";
import type { Label } from "../../policy/index.ts";
import type { RemoteServer, ToolCatalog, ToolFile, ToolHost } from "../../tool/index.ts";
import type { Approval } from "../approval/approval.ts";
import type { Handoff } from "../handoff/handoff.ts";
import type { CallResult, History, StepRecord } from "../journal/history.ts";
import type { Change, Journal, TaskRow } from "../journal/journal.ts";
import { ALARM_BUDGET_MS } from "../limits.ts";
import type { TaskServices } from "../services.ts";
import type { Audience } from "../stream.ts";
import type { CallsUnderWay } from "./calls-under-way.ts";

export type Run = {
  readonly services: TaskServices;
  readonly config: AgentConfig;
  readonly prompt: string;
  /** The session before this task, as its first run found it. */
  readonly recalled: readonly Exchange[];
  /** What had come into all else that it began with. */
  readonly brought: readonly Label[];
  readonly catalog: ToolCatalog;
  readonly host: ToolHost;
  /** What the pack's remote servers have; the catalogue and the host know it. */
  readonly remote: readonly RemoteServer[];
  /** The input as another task's model may see it; absent: as it came. */
  readonly shownInput?: string;
  /** Applies a change under this run's epoch and sends its events; false when the run was overtaken. */
  readonly commit: (change: Change) => boolean;
  readonly row: () => TaskRow;
  readonly audience: Audience;
  readonly history: () => History;
  readonly files: () => readonly ToolFile[];
  readonly recordedResult: (print: string) => CallResult | null;
  readonly approvals: () => readonly Approval[];
  readonly handoffs: () => readonly Handoff[];
  /** Whether a call of an unrepeatable tool was handed over before. */
  readonly isStarted: (step: number, index: number) => boolean;
  readonly underWay: Pick<CallsUnderWay, "begin" | "breakOff" | "leave">;
  /** Aborts when the task is cancelled or its deadline passes. */
  readonly signal: CancelSignal;
  /** Epoch milliseconds: when the alarm that carries this run began. */
  readonly alarmStartedAt: number;
};

/** What a run reads of the journal. */
export const readsOf = (
  journal: Journal,
): Pick<Run, "history" | "files" | "recordedResult" | "approvals" | "handoffs" | "isStarted"> => ({
  history: () => journal.history,
  files: () => journal.files(),
  recordedResult: (print) => journal.recordedResult(print),
  approvals: () => journal.approvals(),
  handoffs: () => journal.handoffs(),
  isStarted: (step, index) => journal.isStarted(step, index),
});

/** ended: the task ended, paused or went to retry. handover: a fresh alarm should go on. overtaken: not ours any more. */
export type RunEnd = "ended" | "handover" | "overtaken";

/** Who else spends what this task may. */
export const familyOf = (run: Run) => ({ handoffs: run.handoffs(), parent: run.row().request.parent });

/** What it knows of the world outside. */
export const pastOf = (run: Run) => ({
  history: run.history(),
  parent: run.row().request.parent,
  recalled: run.recalled,
  brought: run.brought,
});

export const nowOf = (run: Run) => ({ now: run.services.clock.now(), retentionMs: run.services.retentionMs });

export const end = (run: Run, change: Change): RunEnd => (run.commit(change) ? "ended" : "overtaken");

/** Whether work of at most `ms` fits into what is left of this alarm. */
export const hasTimeFor = (run: Run, ms: number): boolean =>
  run.services.clock.now() - run.alarmStartedAt + ms <= ALARM_BUDGET_MS;

/** For what the task asks of somebody else: a span of its own in the trace of the request that began it. */
export const childTraceOf = ({ request }: TaskRow): string =>
  formatTraceparent(childTrace(parseTraceparent(request.traceparent)));

/** The same for every repetition of a call: what a tool is handed as its idempotency key. */
export const callKeyOf = (row: TaskRow, step: number, index: number): Promise<string> =>
  sha256Hex(lengthPrefixed([row.request.tenant, row.request.task_id, String(step), String(index)]));

/** What makes two calls the same call, for a dry run to answer from the record. */
export const printOf = (step: StepRecord, index: number): string => {
  const call = step.toolCalls[index];
  return canonicalJson([call?.toolId, call?.arguments]);
};
