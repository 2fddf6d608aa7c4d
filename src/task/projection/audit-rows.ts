/**
 * The calls of a task as rows of the audit log: one for each attempt, but for the success of a tool that its pack does not
 * audit. Arguments are a digest and their shape, a result is its shape, and an error is told without data and secrets.
 */
import type { AuditEntry } from "../../audit/index.ts";
import { checkOutput, EVERY_OUTPUT_RULE } from "../../guard/index.ts";
import type { ToolCall } from "../../model/index.ts";
import { canonicalJson, lengthPrefixed, sha256Hex } from "../../platform/index.ts";
import type { ToolErrorCode } from "../../tool/index.ts";
import { type Approval, approvalIdOf } from "../approval/approval.ts";
import type { CallResult } from "../journal/history.ts";
import type { TaskRow } from "../journal/journal.ts";
import { SUMMARY_CHARS_MAX, SUMMARY_READ_CHARS_MAX } from "../limits.ts";
import type { BrokenCall } from "../loop/broken-call.ts";

/** The call was not let through, or asked for what it may not; every other error is a failure of the call. */
const DENIALS: ReadonlySet<string> = new Set<ToolErrorCode>([
  "TOOL_DENIED",
  "TOOL_UNKNOWN",
  "TOOL_ARGUMENTS",
  "TOOL_LIMIT",
  "EGRESS_DENIED",
  "PATH_DENIED",
  "APPROVAL_REJECTED",
  "APPROVAL_EXPIRED",
]);
/** Denials where the runtime refused the call. Its tool may say the same of itself, and then it was made. */
const AMBIGUOUS: ReadonlySet<string> = new Set<ToolErrorCode>(["TOOL_ARGUMENTS", "TOOL_LIMIT"]);

const ID_CHARS = 36;
/** Members named of arguments or a result; of arguments the rest is in the digest like them. */
const MEMBERS_NAMED_MAX = 10;

/** How an attempt at a call ended, if it did. */
export type CallEnd = CallResult | BrokenCall;
export type CallOutcome = "done" | "failed" | "denied" | BrokenCall["outcome"];

export function outcomeOf(end: CallEnd): CallOutcome {
  if ("outcome" in end) return end.outcome;
  if (end.error === null) return "done";
  if (AMBIGUOUS.has(end.error.code) && end.isRefused !== true) return "failed";
  return DENIALS.has(end.error.code) ? "denied" : "failed";
}

export type Attempt = {
  readonly request: TaskRow["request"];
  readonly call: ToolCall;
  readonly end: CallEnd;
  /** 1-based. */
  readonly attempt: number;
  /** The approval it was made on, or refused by. */
  readonly approvalId: string | null;
};

/** The same for the same attempt, however often and by whichever of its ends it is told. The first has none of its number. */
export async function attemptIdOf(kind: "audit" | "execution", { request, end, attempt }: Attempt): Promise<string> {
  const place = [kind, request.task_id, String(end.step), String(end.index)];
  return (await sha256Hex(lengthPrefixed(attempt === 1 ? place : [...place, String(attempt)]))).slice(0, ID_CHARS);
}

/**
 * The answer of a person that the attempt was made on, or the question that it was refused by; null when nobody was asked.
 * An answer that was used later belongs to a later attempt.
 */
export function approvalIdFor(taskId: string, end: CallEnd, approvals: readonly Approval[]): string | null {
  const { step, index, at = Number.POSITIVE_INFINITY } = end;
  const isRefusal = ({ kind, decided, expiredAt }: Approval): boolean =>
    kind === "approval" && (expiredAt !== null || decided?.decision === "reject");
  const found = approvals.findLast(
    (one) => one.step === step && one.index === index && ((one.usedAt !== null && one.usedAt <= at) || isRefusal(one)),
  );
  return found === undefined ? null : approvalIdOf(taskId, found.n);
}

/**
 * Null for a call that leaves no row, like each of a dry run, which makes none.
 * @param now for records made before they had a time.
 */
export async function toAuditEntry(told: Attempt, now: number): Promise<AuditEntry | null> {
  const { request, call, end, attempt, approvalId } = told;
  if (("isUnaudited" in end && end.isUnaudited === true) || request.replay?.dry_run === true) return null;
  const given = call.arguments.kind === "object" ? call.arguments.value : call.arguments.raw;
  const outcome = outcomeOf(end);
  return {
    id: await attemptIdOf("audit", told),
    at: end.at ?? now,
    action: "tool.executed",
    actor: `agent:${request.pack_id}@${request.pack_digest}/task:${request.task_id}`,
    resource: `tool:${call.toolId}`,
    result: outcome,
    ...decisionOf(end),
    argsHash: await sha256Hex(canonicalJson(given)),
    details: {
      ...{ step: end.step, call: end.index, attempt, name: (end.toolName ?? call.toolId).slice(0, 64) },
      ...(end.error === null ? {} : { code: end.error.code }),
      summary: summaryOf(end),
      arguments: end.error !== null && DENIALS.has(end.error.code) ? kindOf(given) : shapeOf(given),
      ...egressOf(end),
    },
    ...(end.durationMs === null || isFinding(end) ? {} : { durationMs: end.durationMs }),
    packDigest: request.pack_digest,
    ...(approvalId === null ? {} : { approvalId }),
    traceId: request.trace_id,
  };
}

/** Whether nobody measured it: a person said what became of it. */
export const isFinding = (end: CallEnd): boolean => "isFinding" in end && end.isFinding === true;

/**
 * What went wrong, in the words for the model without personal data and secrets, or of which kind and how long the result
 * is: what a tool gives back is the user's, and is not here.
 */
function summaryOf(end: CallEnd): string {
  const text = "outcome" in end || end.error !== null ? (end.error?.message ?? "") : describeResult(end.resultJson);
  const checked = checkOutput(text.slice(0, SUMMARY_READ_CHARS_MAX), EVERY_OUTPUT_RULE).text;
  // Escaped, control characters would be six times as long.
  return checked
    .slice(0, SUMMARY_CHARS_MAX)
    .replaceAll(/\p{Cc}+/gu, " ")
    .toWellFormed();
}

function describeResult(json: string): string {
  const shape = shapeOf(JSON.parse(json));
  return `${typeof shape === "string" ? shape : JSON.stringify(shape)}, ${json.length} characters`;
}

function decisionOf({ decision }: CallEnd): Pick<AuditEntry, "decision" | "ruleId"> {
  if (decision === undefined) return {};
  const { effect, reasons } = decision.decision;
  const [reason] = reasons;
  return { decision: effect, ...(reason === undefined ? {} : { ruleId: reason.rule }) };
}

/** Requests named in a row, the ones that were denied first: they are what an auditor looks for. */
const REQUESTS_NAMED_MAX = 5;

/** Where the call went or wanted to go, each as `GET api.example.com 200` or `GET evil.example.com not_listed`. */
function egressOf({ egress = [] }: CallEnd): Readonly<Record<string, unknown>> {
  if (egress.length === 0) return {};
  const named = egress
    .toSorted((one, other) => Number(one.allowed) - Number(other.allowed))
    .slice(0, REQUESTS_NAMED_MAX)
    .map(({ method, host, status, reason }) => `${method} ${host.slice(0, 64)} ${reason ?? status}`);
  const denied = egress.filter(({ allowed }) => !allowed).length;
  return { requests: egress.length, denied, egress: named };
}

/**
 * What kind of value each member was and how long, never what it said. Names are no content where the tool's schema
 * let them through; those of a call that was refused may be anything, and are not looked at.
 */
function shapeOf(given: unknown): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return kindOf(given);
  const members = Object.entries(given).slice(0, MEMBERS_NAMED_MAX);
  return Object.fromEntries(members.map(([name, value]) => [name.slice(0, 32), kindOf(value)]));
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return `text of ${value.length}`;
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (typeof value === "object" && value !== null) return `object of ${Object.keys(value).length}`;
  return value === null ? "null" : typeof value;
}
