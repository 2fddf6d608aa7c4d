/**
 * Calls that were handed to their tool and came to no result: what is written down of them, and which they are when
 * nobody is left who saw them begin. Pure. Watching those under way is calls-under-way.ts.
 */
import type { ToolCall } from "../../model/index.ts";
import {
  type EgressRecord,
  HANDOFF_TOOL_ID,
  SOP_TOOL_ID,
  type ToolCatalog,
  type ToolErrorCode,
  type ToolOutcome,
} from "../../tool/index.ts";
import type { Approval } from "../approval/approval.ts";
import { type Handoff, isOpen as isAway } from "../handoff/handoff.ts";
import { type CallDecision, type History, resultOf, type StepRecord } from "../journal/history.ts";
import { BROKEN_WAIT_MS } from "../limits.ts";

/** One attempt at a call, as it stands in the journal. */
export type BrokenCall = {
  readonly step: number;
  readonly index: number;
  /** 1-based; the call's result, if it ever has one, is that of the attempt after the last of these. */
  readonly attempt: number;
  /** cancelled: the task's end broke it off. unknown: it broke off in its tool, or its run was lost. Neither says whether it took effect. */
  readonly outcome: "cancelled" | "unknown";
  readonly error: { readonly code: BrokenCode; readonly message: string };
  /** When it broke off or was found so, epoch milliseconds. */
  readonly at: number;
  /** Null: nobody saw how long it took. */
  readonly durationMs: number | null;
  readonly toolName?: string;
  readonly decision?: CallDecision;
  readonly egress?: readonly EgressRecord[];
  /** What it asked of the network may still come. */
  readonly isOpen?: true;
};

type BrokenCode = "TASK_CANCELLED" | "DEADLINE_EXCEEDED" | "OUTCOME_UNKNOWN" | ToolErrorCode;
type Place = Pick<BrokenCall, "step" | "index">;
type Ending = Pick<BrokenCall, "outcome" | "error">;

const isAt =
  ({ step, index }: Place) =>
  (other: Place): boolean =>
    other.step === step && other.index === index;

export const brokenAt = (broken: readonly BrokenCall[], place: Place): BrokenCall[] => broken.filter(isAt(place));

/** The number of the attempt that comes next. */
export const nextAttempt = (broken: readonly BrokenCall[], place: Place): number => brokenAt(broken, place).length + 1;

const EFFECT = "whether it took effect is not known.";
const LOST: Ending = {
  outcome: "unknown",
  error: { code: "OUTCOME_UNKNOWN", message: `The run was lost while the call was under way: ${EFFECT}` },
};
const UNSEEN: Ending = {
  outcome: "unknown",
  error: {
    code: "OUTCOME_UNKNOWN",
    message: "The run was lost when the call was due: whether it was made is not known.",
  },
};

/** How a call ended that broke off in its tool. */
export const brokenOff = ({ code, message }: NonNullable<ToolOutcome["error"]>): Ending => ({
  outcome: "unknown",
  error: { code, message: `${message}: ${EFFECT}` },
});

/** The part of a change that says what it does to them. */
type Breaking = {
  readonly transitions?: readonly string[];
  readonly patch?: { readonly error?: { readonly code: string } | null };
};

/** How a change ends the calls that are under way when it is made. */
export function endingOf({ transitions = [], patch }: Breaking): Ending {
  if (transitions.includes("cancelled")) {
    const message = `The task was cancelled while the call was under way: ${EFFECT}`;
    return { outcome: "cancelled", error: { code: "TASK_CANCELLED", message } };
  }
  if (patch?.error?.code !== "DEADLINE_EXCEEDED") return LOST;
  const message = `The task's time was over while the call was under way: ${EFFECT}`;
  return { outcome: "cancelled", error: { code: "DEADLINE_EXCEEDED", message } };
}

/** Which of a turn's calls leave no mark when they are handed over, and how many of them run at once. */
export function unmarkedOf(catalog: ToolCatalog, calls: readonly ToolCall[]): Pick<StepRecord, "unmarked"> {
  const isUnmarked = ({ toolId, arguments: given }: ToolCall): boolean =>
    ![SOP_TOOL_ID, HANDOFF_TOOL_ID].includes(toolId) &&
    given.kind === "object" &&
    catalog.mayRepeat(toolId, given) &&
    // The use of its approval is a mark.
    catalog.approvalFor(toolId) === null;
  const indices = calls.flatMap((call, index) => (isUnmarked(call) ? [index] : []));
  return indices.length === 0 ? {} : { unmarked: { calls: indices, atOnce: Math.max(1, catalog.maxConcurrent) } };
}

export type LostRun = {
  readonly history: Pick<History, "steps" | "results" | "spent">;
  readonly approvals: readonly Approval[];
  readonly broken: readonly BrokenCall[];
  /** Whether a call of an unrepeatable tool was handed over. */
  readonly isStarted: (step: number, index: number) => boolean;
};

/**
 * The calls that a run may have had under way when it was lost: exactly those that were marked, as handed over or by the use of
 * an approval, and of the others as many as run at once, the first without a result: calls of a turn begin in order.
 */
export function lostCalls({ history, approvals, broken, isStarted }: LostRun, now: number): BrokenCall[] {
  const turn = history.steps.at(-1);
  if (turn === undefined) return [];
  const pending = turn.toolCalls.flatMap(({ toolId }, index) =>
    resultOf(history, turn.n, index) === undefined && toolId !== HANDOFF_TOOL_ID ? [{ step: turn.n, index }] : [],
  );
  const askedOf = (place: Place) => approvals.filter(isAt(place));
  const toBroken = (place: Place, ending: Ending): BrokenCall => {
    const toolName = askedOf(place).at(-1)?.toolName;
    const attempt = nextAttempt(broken, place);
    return { ...place, attempt, ...ending, at: now, durationMs: null, ...(toolName === undefined ? {} : { toolName }) };
  };
  const marked = pending.filter(({ step, index }) => isStarted(step, index));
  // Handed over once, and once more by each answer that had it made again.
  const lost = marked.filter((place) => {
    const retries = askedOf(place).filter(({ kind, usedAt }) => kind === "unknown_outcome" && usedAt !== null);
    return brokenAt(broken, place).length <= retries.length;
  });
  const others = pending.filter((place) => !marked.some(isAt(place)));
  const agreed = others.filter((place) => (askedOf(place).at(-1)?.usedAt ?? null) !== null);
  const { calls, atOnce } = turn.unmarked ?? { calls: [], atOnce: 0 };
  const unseen = others.filter((place) => calls.includes(place.index) && askedOf(place).length === 0).slice(0, atOnce);
  return [
    ...lost.map((place) => toBroken(place, LOST)),
    ...[...agreed, ...unseen].map((place) => toBroken(place, UNSEEN)),
  ].toSorted((one, other) => one.index - other.index);
}

/** The calls of children that are at work when their parent ends. */
export const handedOver = (handoffs: readonly Handoff[], ending: Ending, now: number): BrokenCall[] =>
  handoffs.filter(isAway).map(({ step, index, toolName, decision, startedAt }) => ({
    ...{ step, index, attempt: 1, ...ending, at: now, durationMs: Math.max(0, now - startedAt), toolName },
    ...(decision === undefined ? {} : { decision }),
  }));

/** Until when it may still change; null when it is as it will stay. */
export const openUntil = ({ isOpen, at }: BrokenCall, now: number): number | null =>
  isOpen === true && now < at + BROKEN_WAIT_MS ? at + BROKEN_WAIT_MS : null;
