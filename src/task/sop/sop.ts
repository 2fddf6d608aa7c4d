/**
 * A pack's procedures (SOPs) as a machine: how one starts, where an outcome leads, when a step's time is over. Pure.
 * Where a task stands is stored nowhere: it is what its recorded turns and `sop` calls lead to, so that a run which starts
 * again after a crash finds the same. What a call may do at a step is in sop-rules.ts.
 *
 * Times are the task's own: milliseconds since its start, without what it waited for people.
 */
import type { AgentConfig } from "../../pack/index.ts";
import { assert } from "../../platform/index.ts";
import { SOP_TOOL_ID } from "../../tool/index.ts";
import { durationMs } from "../duration.ts";
import { type History, resultOf, type StepRecord } from "../journal/history.ts";

export type Sop = AgentConfig["workflow"]["sop"][number];
export type SopStep = Sop["steps"][number];
export type SopOutcome = "success" | "failure";

export type SopMove =
  | { readonly action: "start"; readonly sop: string }
  | { readonly action: "advance"; readonly outcome: SopOutcome };

/** A procedure in progress. */
export type SopPosition = {
  readonly sop: Sop;
  readonly step: SopStep;
  /** Ids of the steps that were begun, in order, the current one last. */
  readonly path: readonly string[];
  readonly startedMs: number;
  /** Since when it is at this step. */
  readonly sinceMs: number;
};

/** Where a move leads. */
export type SopLanding =
  | { readonly kind: "at"; readonly position: SopPosition }
  /** @param words what the pack says instead of a step; may be empty. */
  | { readonly kind: "finished" | "escalated"; readonly sop: Sop; readonly words: string };

type Begun = Pick<SopPosition, "sop" | "path" | "startedMs">;

const begin = ({ sop, path, startedMs }: Begun, step: SopStep, atMs: number): SopLanding => ({
  kind: "at",
  position: { sop, step, path: [...path, step.id], startedMs, sinceMs: atMs },
});

export function startSop(sop: Sop, atMs: number): SopLanding {
  const [first] = sop.steps;
  if (first === undefined) return { kind: "finished", sop, words: "" };
  return begin({ sop, path: [], startedMs: atMs }, first, atMs);
}

/** The step that an outcome leads to, or the words that end the procedure. Success without a word leads to the next. */
export function targetOf({ sop, step }: SopPosition, outcome: SopOutcome): SopStep | string {
  const words = outcome === "success" ? step.on_success : step.on_failure;
  const next = outcome === "success" && words === "" ? sop.steps[sop.steps.indexOf(step) + 1] : undefined;
  return next ?? sop.steps.find(({ id }) => id === words) ?? words;
}

export function advanceSop(position: SopPosition, outcome: SopOutcome, atMs: number): SopLanding {
  const target = targetOf(position, outcome);
  if (typeof target !== "string") return begin(position, target, atMs);
  return { kind: outcome === "success" ? "finished" : "escalated", sop: position.sop, words: target };
}

/** Null for arguments that are no move. */
export function parseSopMove(args: Readonly<Record<string, unknown>>): SopMove | null {
  const { action, sop, outcome } = args;
  if (action === "start" && typeof sop === "string") return { action, sop };
  if (action === "advance" && (outcome === "success" || outcome === "failure")) return { action, outcome };
  return null;
}

/** Where the move leads; null when it cannot be made from here. @param position null when no procedure is in progress. */
export function moveSop(
  sops: readonly Sop[],
  position: SopPosition | null,
  move: SopMove,
  atMs: number,
): SopLanding | null {
  if (move.action === "advance") return position && advanceSop(position, move.outcome, atMs);
  const sop = position === null ? sops.find(({ id }) => id === move.sop) : undefined;
  return sop === undefined ? null : startSop(sop, atMs);
}

const positionOf = (landing: SopLanding): SopPosition | null => (landing.kind === "at" ? landing.position : null);

/** Where the task stands for the calls of one turn. */
export type SopStanding = {
  readonly position: SopPosition | null;
  /** The step whose time was over when the turn's reply came, and where its failure led. */
  readonly expired: { readonly from: SopPosition; readonly to: SopLanding } | null;
  /** When the reply came. */
  readonly atMs: number;
  /** A call of the step's own tool succeeded before this turn, since the step was begun. */
  readonly isToolDone: boolean;
};

/** A procedure in progress, and whether the tool of the step it is at did its work there. */
type Progress = { readonly position: SopPosition | null; readonly isToolDone: boolean };

/** @param turn one that was recorded before times were kept lets no step's time pass. */
function standingIn(turn: StepRecord, progress: Progress): SopStanding {
  const { position } = progress;
  const atMs = turn.workedMs ?? position?.sinceMs ?? 0;
  if (position === null || atMs - position.sinceMs <= durationMs(position.step.timeout)) {
    return { ...progress, expired: null, atMs };
  }
  const to = advanceSop(position, "failure", atMs);
  return { position: positionOf(to), expired: { from: position, to }, atMs, isToolDone: false };
}

/** What came of the turn's move. Only the first `sop` call of a turn ever succeeds. */
function afterMove(
  history: History,
  sops: readonly Sop[],
  turn: StepRecord,
  standing: SopStanding,
): SopPosition | null {
  const index = turn.toolCalls.findIndex(({ toolId }) => toolId === SOP_TOOL_ID);
  const given = turn.toolCalls[index]?.arguments;
  if (given?.kind !== "object" || resultOf(history, turn.n, index)?.success !== true) return standing.position;
  const move = parseSopMove(given.value);
  const landing = move && moveSop(sops, standing.position, move, standing.atMs);
  return landing === null ? standing.position : positionOf(landing);
}

/** Whether one of the turn's calls is of the step's own tool, and succeeded. */
const didTool = (history: History, turn: StepRecord, { step }: SopPosition): boolean =>
  turn.toolCalls.some(
    ({ toolId }, index) => toolId === step.tool && resultOf(history, turn.n, index)?.success === true,
  );

function progressBefore(history: History, sops: readonly Sop[], n: number): Progress {
  let progress: Progress = { position: null, isToolDone: false };
  if (sops.length === 0) return progress;
  for (const [index, turn] of history.steps.entries()) {
    if (turn.n >= n) break;
    const standing = standingIn(turn, progress);
    const position = afterMove(history, sops, turn, standing);
    // A move back to the same step begins it anew.
    const isSameVisit = position !== null && position === standing.position;
    const isToolDone = isSameVisit && (standing.isToolDone || didTool(history, turn, position));
    const isLastTakenOver = turn.replayed && history.steps[index + 1]?.replayed !== true;
    // The task that it was taken over from had another clock: here its time begins with the task.
    const own = isLastTakenOver && position !== null ? { ...position, startedMs: 0, sinceMs: 0 } : position;
    progress = { position: own, isToolDone };
  }
  return progress;
}

/** The procedure in progress after the turns below `n`, or null. */
export const positionBefore = (history: History, sops: readonly Sop[], n: number): SopPosition | null =>
  progressBefore(history, sops, n).position;

/** @param n a recorded turn. */
export function standingAt(history: History, sops: readonly Sop[], n: number): SopStanding {
  const turn = history.steps.find((one) => one.n === n);
  assert(turn !== undefined, "calls belong to a recorded turn");
  return standingIn(turn, progressBefore(history, sops, n));
}
