/**
 * The recorded calls of a task as rows of the audit log: one for each, but for the success of a tool that its pack does
 * not audit. Arguments are a digest and their shape; nothing that a user or a model wrote is in a row.
 */
import type { AuditEntry } from "../audit/index.ts";
import type { ToolCall } from "../model/index.ts";
import { canonicalJson, lengthPrefixed, sha256Hex } from "../platform/index.ts";
import type { ToolErrorCode } from "../tool/index.ts";
import type { CallResult } from "./history.ts";
import type { TaskRow } from "./journal.ts";

/** The call was not let through; every other error is a failure of the call. */
const DENIALS: ReadonlySet<ToolErrorCode> = new Set<ToolErrorCode>([
  "TOOL_DENIED",
  "TOOL_UNKNOWN",
  "TOOL_ARGUMENTS",
  "TOOL_LIMIT",
  "EGRESS_DENIED",
  "PATH_DENIED",
  "APPROVAL_REJECTED",
  "APPROVAL_EXPIRED",
]);

const ID_CHARS = 36;
/** Arguments named in a row; the rest is in the digest like them. */
const ARGUMENTS_NAMED_MAX = 10;

/**
 * Null for a call that leaves no row, like each of a dry run, which makes none.
 * @param now for records made before they had a time.
 */
export async function toAuditEntry(
  request: TaskRow["request"],
  call: ToolCall,
  result: CallResult,
  now: number,
): Promise<AuditEntry | null> {
  if (result.isUnaudited === true || request.replay?.dry_run === true) return null;
  const given = call.arguments.kind === "object" ? call.arguments.value : call.arguments.raw;
  const name = lengthPrefixed(["audit", request.task_id, String(result.step), String(result.index)]);
  const { error } = result;
  const isDenied = error !== null && DENIALS.has(error.code);
  return {
    id: (await sha256Hex(name)).slice(0, ID_CHARS),
    at: result.at ?? now,
    action: "tool.executed",
    actor: `agent:${request.pack_id}@${request.pack_digest}/task:${request.task_id}`,
    resource: `tool:${call.toolId}`,
    result: error === null ? "done" : isDenied ? "denied" : "failed",
    ...decisionOf(result),
    argsHash: await sha256Hex(canonicalJson(given)),
    details: {
      step: result.step,
      call: result.index,
      arguments: isDenied ? kindOf(given) : shapeOf(given),
      ...(error === null ? {} : { code: error.code }),
      ...egressOf(result),
    },
    durationMs: result.durationMs,
    packDigest: request.pack_digest,
    traceId: request.trace_id,
  };
}

function decisionOf({ decision }: CallResult): Pick<AuditEntry, "decision" | "ruleId"> {
  if (decision === undefined) return {};
  const { effect, reasons } = decision.decision;
  const [reason] = reasons;
  return { decision: effect, ...(reason === undefined ? {} : { ruleId: reason.rule }) };
}

/** Requests named in a row, the ones that were denied first: they are what an auditor looks for. */
const REQUESTS_NAMED_MAX = 5;

/** Where the call went or wanted to go, each as `GET api.example.com 200` or `GET evil.example.com not_listed`. */
function egressOf({ egress = [] }: CallResult): Readonly<Record<string, unknown>> {
  if (egress.length === 0) return {};
  const named = egress
    .toSorted((one, other) => Number(one.allowed) - Number(other.allowed))
    .slice(0, REQUESTS_NAMED_MAX)
    .map(({ method, host, status, reason }) => `${method} ${host.slice(0, 64)} ${reason ?? status}`);
  const denied = egress.filter(({ allowed }) => !allowed).length;
  return { requests: egress.length, denied, egress: named };
}

/**
 * What kind of value each argument was and how long, never what it said. Names are no content where the tool's schema
 * let them through; those of a call that was refused may be anything, and are not looked at.
 */
function shapeOf(given: unknown): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return kindOf(given);
  const members = Object.entries(given).slice(0, ARGUMENTS_NAMED_MAX);
  return Object.fromEntries(members.map(([name, value]) => [name.slice(0, 32), kindOf(value)]));
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return `text of ${value.length}`;
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (typeof value === "object" && value !== null) return `object of ${Object.keys(value).length}`;
  return value === null ? "null" : typeof value;
}
