/**
 * What a call may do at the current step of a procedure, and what the `sop` tool answers. Pure. Every refusal says what
 * is allowed instead, for it is read by a model.
 */
import type { ToolCall } from "../../model/index.ts";
import { assert } from "../../platform/index.ts";
import { SKILL_TOOL_ID, SOP_TOOL_ID, type ToolRefusal } from "../../tool/index.ts";
import {
  moveSop,
  parseSopMove,
  type Sop,
  type SopLanding,
  type SopOutcome,
  type SopPosition,
  type SopStanding,
  targetOf,
} from "./sop.ts";

/** A call of one turn. @param calls all of the turn, in order. */
export type SopCall = { readonly index: number; readonly calls: readonly ToolCall[] };

/** Why the call is not made, or null. Reading a skill is always allowed. */
export function refuseAtStep(
  standing: SopStanding,
  sops: readonly Sop[],
  { index, calls }: SopCall,
): ToolRefusal | null {
  const call = calls[index];
  if (call === undefined || call.toolId === SKILL_TOOL_ID) return null;
  if (standing.expired !== null) return expiredError(standing.expired);
  if (call.toolId !== SOP_TOOL_ID) return refuseTool(standing.position, call.toolId);
  if (calls.slice(0, index).some(({ toolId }) => toolId === SOP_TOOL_ID)) {
    return { code: "TOOL_LIMIT", message: "One turn makes one move: read the answer to the first before the next." };
  }
  return refuseMove(standing, sops, call);
}

const expiredError = ({ from, to }: NonNullable<SopStanding["expired"]>): ToolRefusal => ({
  code: "TOOL_TIMEOUT",
  message:
    `The call was not made: step "${from.step.id}" of "${from.sop.id}" took longer than its ${from.step.timeout} and ` +
    `counts as failed. ${sentenceOf(to)}`,
});

function refuseTool(position: SopPosition | null, toolId: string): ToolRefusal | null {
  const only = position?.step.tool ?? null;
  if (position === null || only === null || only === toolId) return null;
  const message =
    `Step "${position.step.id}" of "${position.sop.id}" allows only ${only}, beside ${SKILL_TOOL_ID} and ${SOP_TOOL_ID}. ` +
    `${movesFrom(position)}.`;
  return { code: "TOOL_DENIED", message };
}

function refuseMove({ position, atMs }: SopStanding, sops: readonly Sop[], call: ToolCall): ToolRefusal | null {
  const move = call.arguments.kind === "object" ? parseSopMove(call.arguments.value) : null;
  if (move !== null && moveSop(sops, position, move, atMs) !== null) return null;
  const now =
    position === null ? "No procedure is in progress" : `"${position.sop.id}" is at step "${position.step.id}"`;
  const allowed = position === null ? `start one with {action: "start", sop}: ${listOf(sops)}` : movesFrom(position);
  return { code: "TOOL_ARGUMENTS", message: `This is no move from here. ${now}; ${allowed}.` };
}

const listOf = (sops: readonly Sop[]): string => sops.map(({ id }) => `"${id}"`).join(", ");

const movesFrom = (position: SopPosition): string =>
  `{action: "advance", outcome: "success"} leads to: ${describeTarget(position, "success")}; ` +
  `outcome "failure" to: ${describeTarget(position, "failure")}`;

const ENDS: Readonly<Record<SopOutcome, string>> = { success: "the end", failure: "giving up the procedure" };

function describeTarget(position: SopPosition, outcome: SopOutcome): string {
  const target = targetOf(position, outcome);
  if (typeof target !== "string") return `step "${target.id}"`;
  return target === "" ? ENDS[outcome] : `${ENDS[outcome]} (${target})`;
}

function sentenceOf(landing: SopLanding): string {
  if (landing.kind === "at") {
    const { step } = landing.position;
    const tool = step.tool === null ? "" : ` Its tool is ${step.tool}.`;
    return `The procedure is at step "${step.id}" now: ${step.action}.${tool}`;
  }
  const words = [landing.words, landing.kind === "escalated" ? landing.sop.escalation : ""].filter(
    (text) => text !== "",
  );
  const end = `The procedure was ${landing.kind === "escalated" ? "given up" : "finished"}`;
  return words.length === 0 ? `${end}.` : `${end}: ${words.join("; ")}.`;
}

/**
 * Why the step asks for a person before the call, as a sentence, or null: before each call that it makes, and before its
 * success unless its own tool succeeded since the step was begun: a person agreed to that call. Only for calls that are
 * not refused.
 */
export function needAtStep({ position, isToolDone }: SopStanding, call: ToolCall): string | null {
  if (position === null || !position.step.requires_approval || call.toolId === SKILL_TOOL_ID) return null;
  const { sop, step } = position;
  if (call.toolId === SOP_TOOL_ID) {
    const move = call.arguments.kind === "object" ? parseSopMove(call.arguments.value) : null;
    const isPassing = move?.action === "advance" && move.outcome === "success";
    if (!isPassing || isToolDone) return null;
  }
  return `Step "${step.id}" of the procedure "${sop.id}" asks for a person: ${step.action}`;
}

/** JSON text: what the model is told of a move that was not refused. */
export function answerMove(
  standing: SopStanding,
  sops: readonly Sop[],
  args: Readonly<Record<string, unknown>>,
): string {
  const move = parseSopMove(args);
  const landing = move && moveSop(sops, standing.position, move, standing.atMs);
  assert(landing !== null, "a move that cannot be made was refused");
  return JSON.stringify(toAnswer(landing));
}

function toAnswer(landing: SopLanding): Readonly<Record<string, unknown>> {
  if (landing.kind !== "at") {
    const { kind, sop, words } = landing;
    return {
      sop: sop.id,
      status: kind,
      ...(words === "" ? {} : { next: words }),
      ...(kind === "escalated" && sop.escalation !== "" ? { escalation: sop.escalation } : {}),
    };
  }
  const { position } = landing;
  const { id, action, tool, timeout, requires_approval } = position.step;
  return {
    sop: position.sop.id,
    status: "in_progress",
    step: { id, action, tool, timeout, requires_approval, visit: position.path.filter((one) => one === id).length },
    on_success: describeTarget(position, "success"),
    on_failure: describeTarget(position, "failure"),
  };
}
