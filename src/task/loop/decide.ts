/** What a run does next, decided from its history alone. Pure: the same history always gives the same answer. */

import type { ToolCall } from "../../model/index.ts";
import { isSameJson } from "../../platform/index.ts";
import { type History, resultOf, type StepRecord } from "../journal/history.ts";
import { CALLS_PER_TURN_MAX, EQUAL_CALLS_MAX, MALFORMED_TURNS_MAX } from "../limits.ts";
import type { TaskErrorCode } from "../types.ts";

export type PendingCall = { readonly index: number; readonly call: ToolCall; readonly overTurnLimit: boolean };

export type Action =
  | { readonly kind: "call_model"; readonly step: number }
  | { readonly kind: "call_tools"; readonly step: number; readonly calls: readonly PendingCall[] }
  | { readonly kind: "finish"; readonly answer: StepRecord }
  | { readonly kind: "fail"; readonly error: { readonly code: TaskErrorCode; readonly message: string } };

export type RunLimits = {
  /** Exactly this many model turns are made at most. */
  readonly maxSteps: number;
  /** In characters. */
  readonly outputMaxLength: number;
  /** What keeps an answer from passing, a sentence each. Absent: any will do. */
  readonly findFaults?: (answer: StepRecord) => readonly string[];
};

export function nextAction(history: History, limits: RunLimits): Action {
  const last = history.steps.at(-1);
  if (last === undefined) return { kind: "call_model", step: 0 };
  if (last.text.length > limits.outputMaxLength) {
    const message = `The answer has ${last.text.length} characters; the pack allows ${limits.outputMaxLength}.`;
    return { kind: "fail", error: { code: "OUTPUT_TOO_LONG", message } };
  }
  if (last.toolCalls.length === 0) return conclude(history, last, limits);
  const calls = pendingCalls(history, last);
  if (calls.length > 0) return { kind: "call_tools", step: last.n, calls };
  const circle = findCircle(history);
  if (circle !== null) return { kind: "fail", error: { code: "LOOP_DETECTED", message: circle } };
  if (history.steps.length >= limits.maxSteps) {
    const message = `The run used all of its ${limits.maxSteps} steps without coming to an answer.`;
    return { kind: "fail", error: { code: "MAX_STEPS", message } };
  }
  return { kind: "call_model", step: last.n + 1 };
}

/** An answer ends the run. One that must not pass is sent back once, if a step is left for that. */
function conclude({ steps }: History, last: StepRecord, { findFaults, maxSteps }: RunLimits): Action {
  const [fault] = findFaults?.(last) ?? [];
  if (fault === undefined) return { kind: "finish", answer: last };
  const wasSentBack = steps.some(({ n, toolCalls }) => n < last.n && toolCalls.length === 0);
  if (!wasSentBack && steps.length < maxSteps) return { kind: "call_model", step: last.n + 1 };
  const message = `The answer does not pass the pack's output guardrails. ${fault}`;
  return { kind: "fail", error: { code: "OUTPUT_BLOCKED", message } };
}

const pendingCalls = (history: History, step: StepRecord): PendingCall[] =>
  step.toolCalls
    .map((call, index) => ({ index, call, overTurnLimit: index >= CALLS_PER_TURN_MAX }))
    .filter(({ index }) => resultOf(history, step.n, index) === undefined);

/** A sentence when the run goes in circles, else null. */
function findCircle(history: History): string | null {
  const tail = history.steps.slice(-EQUAL_CALLS_MAX);
  const [first, ...others] = tail;
  if (first !== undefined && tail.length === EQUAL_CALLS_MAX && others.every((step) => isEqual(history, first, step))) {
    const names = [...new Set(first.toolCalls.map((call) => call.toolId))].join(", ");
    return `The model made the same call (${names}) ${EQUAL_CALLS_MAX} times in a row and got the same result.`;
  }
  const broken = history.steps.slice(-MALFORMED_TURNS_MAX);
  const isMalformed = (step: StepRecord) =>
    step.toolCalls.length > 0 && step.toolCalls.every((call) => call.arguments.kind === "malformed");
  if (broken.length === MALFORMED_TURNS_MAX && broken.every(isMalformed)) {
    return `The model wrote malformed tool arguments ${MALFORMED_TURNS_MAX} times in a row.`;
  }
  return null;
}

/** Whether two turns made the same calls and got the same. What is cheap to compare comes first: every turn is compared. */
const isEqual = (history: History, one: StepRecord, other: StepRecord): boolean =>
  one.toolCalls.length === other.toolCalls.length &&
  one.toolCalls.every((call, index) => {
    const twin = other.toolCalls[index];
    const [result, same] = [resultOf(history, one.n, index), resultOf(history, other.n, index)];
    return (
      call.toolId === twin?.toolId &&
      result?.resultJson === same?.resultJson &&
      isSameJson(call.arguments, twin.arguments) &&
      isSameJson(result?.error, same?.error)
    );
  });
