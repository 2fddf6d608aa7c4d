/**
 * What changed between two versions of a pack, and which changes let the agent do more: those a reviewer must not
 * overlook among edited sentences.
 */
import { canonicalJson, isRecord, parseDuration, parseMemorySize, parseMoney } from "../platform/index.ts";
import { pointerTo, segmentsOf } from "./source.ts";
import type { AgentConfig } from "./types.ts";

export type PackChange = {
  /** JSON pointer into the composed pack: the newer one, or the older for what was removed. */
  readonly pointer: string;
  /** Undefined: it was not there. */
  readonly before: unknown;
  /** Undefined: it is gone. */
  readonly after: unknown;
  /** Whether the agent may do more, is watched less, or works with other secrets, servers or schemas than before. */
  readonly permission: boolean;
};

type Widens = (before: unknown, after: unknown) => boolean;

const added: Widens = (before, after) => before === undefined && after !== undefined;
const removed: Widens = (before, after) => before !== undefined && after === undefined;
const changed: Widens = () => true;
const switchedOff: Widens = (before, after) => before === true && after !== true;
const switchedOn: Widens = (before, after) => before !== true && after === true;

const raised =
  (size: (value: unknown) => number): Widens =>
  (before, after) =>
    size(after) > size(before);
const lowered =
  (size: (value: unknown) => number): Widens =>
  (before, after) =>
    size(after) < size(before);

const count = (value: unknown): number => (typeof value === "number" ? value : 0);
const quantity =
  (parse: typeof parseDuration) =>
  (value: unknown): number => {
    const parsed = parse(String(value));
    return parsed.ok ? parsed.value : 0;
  };
/** Place in a list from the narrowest to the widest. */
const rank =
  (...order: readonly string[]) =>
  (value: unknown): number =>
    order.indexOf(String(value));

const RISK = rank("low", "medium", "high", "critical");
/** About no tool of a server, about some, about all. */
const asked = (value: unknown): number => (value === true ? 2 : Array.isArray(value) ? 1 : 0);
const cores = (value: unknown): number => Number(value) || 0;

/** The first row whose pattern fits decides; `*` is one segment, a last `**` any number. No row: no permission. */
const PERMISSIONS: readonly (readonly [pattern: string, widens: Widens])[] = [
  ["/risk_level", lowered(RISK)],
  ["/model/tier", changed],
  ["/tools/available/*", added],
  ["/tools/available/*/sandbox/timeout", raised(quantity(parseDuration))],
  ["/tools/available/*/sandbox/memory_limit", raised(quantity(parseMemorySize))],
  ["/tools/available/*/sandbox/cpu_limit", raised(cores)],
  ["/tools/available/*/sandbox/network", raised(rank("none", "egress_allowlist", "full"))],
  ["/tools/available/*/sandbox/egress_allowlist/*", added],
  ["/tools/available/*/sandbox/filesystem", raised(rank("none", "read_only", "scoped", "read_write"))],
  ["/tools/available/*/sandbox/scoped_paths/*", added],
  ["/tools/available/*/risk_level", lowered(RISK)],
  ["/tools/available/*/requires_approval", switchedOff],
  ["/tools/available/*/audit", switchedOff],
  ["/tools/available/*/parameters", changed],
  ["/tools/available/*/bundle", changed],
  ["/tools/available/*/idempotent", switchedOn],
  ["/tools/available/*/read_only", switchedOn],
  ["/tools/available/*/labels/*", removed],
  ["/tools/available/*/secrets/*", added],
  ["/tools/denied/*", removed],
  ["/tools/tool_policies/max_concurrent", raised(count)],
  ["/tools/tool_policies/max_calls_per_task", raised(count)],
  ["/tools/tool_policies/cost_limit_per_task", raised(quantity(parseMoney))],
  ["/tools/mcp_servers/*", added],
  ["/tools/mcp_servers/*/url", changed],
  ["/tools/mcp_servers/*/tools/*", added],
  ["/tools/mcp_servers/*/requires_approval", lowered(asked)],
  ["/tools/mcp_servers/*/requires_approval/*", removed],
  ["/tools/mcp_servers/*/timeout", raised(quantity(parseDuration))],
  ["/tools/mcp_servers/*/secrets/*", added],
  ["/tools/mcp_servers/*/trust_annotations", switchedOn],
  ["/guardrails/input/max_length", raised(count)],
  ["/guardrails/input/sanitization", switchedOff],
  ["/guardrails/input/jailbreak_detection", switchedOff],
  ["/guardrails/*/*/enabled", switchedOff],
  ["/guardrails/input/pii_detection/action", lowered(rank("warn", "redact", "block"))],
  ["/guardrails/input/content_filter/categories/*", removed],
  ["/guardrails/*/judge", changed],
  ["/guardrails/output/max_length", raised(count)],
  ["/guardrails/output/pii_check", switchedOff],
  ["/guardrails/output/hallucination_check/confidence_threshold", lowered(count)],
  ["/guardrails/output/format_validation", switchedOff],
  ["/guardrails/output/source_citation_required", switchedOff],
  ["/guardrails/output/schema", changed],
  ["/guardrails/behavioral/prohibited_actions/*", removed],
  ["/guardrails/behavioral/required_disclaimers/*", removed],
  ["/guardrails/behavioral/escalation_triggers/*", removed],
  ["/guardrails/behavioral/max_autonomous_steps", raised(count)],
  ["/guardrails/behavioral/approval_threshold", raised(RISK)],
  ["/guardrails/behavioral/approval_ttl", raised(quantity(parseDuration))],
  ["/guardrails/behavioral/four_eyes", switchedOff],
  ["/guardrails/compliance/framework/*", removed],
  ["/guardrails/compliance/audit_all_decisions", switchedOff],
  ["/guardrails/compliance/data_classification", lowered(rank("public", "internal", "confidential", "restricted"))],
  ["/memory/cross_session/enabled", switchedOn],
  ["/memory/factual/requires_approval", switchedOff],
  ["/memory/factual/requires_evidence", switchedOff],
  ["/memory/*/source_required", switchedOff],
  ["/workflow/sop/*/max_duration", raised(quantity(parseDuration))],
  ["/workflow/sop/*/steps/*/tool", changed],
  ["/workflow/sop/*/steps/*/timeout", raised(quantity(parseDuration))],
  ["/workflow/sop/*/steps/*/requires_approval", switchedOff],
  ["/workflow/handoffs/*", added],
  ["/workflow/handoffs/*/context_transfer", raised(rank("minimal", "summary", "full"))],
];

const ROWS = PERMISSIONS.map(([pattern, widens]) => ({ pattern: segmentsOf(pattern), widens }));

function isPermission(pointer: string, before: unknown, after: unknown): boolean {
  const segments = segmentsOf(pointer);
  const row = ROWS.find(
    ({ pattern }) =>
      pattern.length === segments.length &&
      pattern.every((segment, index) => segment === "*" || segment === segments[index]),
  );
  return row?.widens(before, after) ?? false;
}

/** What tells each item of both lists apart: its id, or, where ids are missing or stand twice, all of it. */
function keysOf(lists: readonly [readonly unknown[], readonly unknown[]]): readonly (readonly string[])[] {
  const idOf = (item: unknown): unknown => (isRecord(item) ? (item.id ?? item.target_agent) : undefined);
  const hasIds = lists.every((items) => {
    const ids = items.map(idOf);
    return ids.every((id) => typeof id === "string") && new Set(ids).size === ids.length;
  });
  return lists.map((items) => items.map((item) => (hasIds ? String(idOf(item)) : canonicalJson(item))));
}

/** A JSON Schema is one value: a changed leaf of it says little, and any change may widen what it admits. */
const isWhole = (pointer: string): boolean =>
  /^\/tools\/available\/\d+\/parameters$/.test(pointer) || pointer === "/guardrails/output/schema";

/** Every change, in the order of the newer pack's fields; empty for equal packs. */
export function diffPacks(before: AgentConfig, after: AgentConfig): readonly PackChange[] {
  const changes: PackChange[] = [];
  const note = (pointer: string, old: unknown, now: unknown): void => {
    changes.push({ pointer, before: old, after: now, permission: isPermission(pointer, old, now) });
  };
  const compare = (pointer: string, old: unknown, now: unknown): void => {
    if (canonicalJson(old ?? null) === canonicalJson(now ?? null)) return;
    if (Array.isArray(old) && Array.isArray(now)) compareLists(pointer, old, now);
    else if (isRecord(old) && isRecord(now) && !isWhole(pointer)) {
      const names = [...new Set([...Object.keys(now), ...Object.keys(old)])].sort();
      for (const name of names) compare(pointerTo(pointer, name), old[name], now[name]);
    } else note(pointer, old, now);
  };
  const compareLists = (pointer: string, old: readonly unknown[], now: readonly unknown[]): void => {
    const [oldKeys = [], nowKeys = []] = keysOf([old, now]);
    const length = changes.length;
    old.forEach((item, index) => {
      if (!nowKeys.includes(oldKeys[index] ?? "")) note(pointerTo(pointer, index), item, undefined);
    });
    now.forEach((item, index) => {
      const was = oldKeys.indexOf(nowKeys[index] ?? "");
      if (was === -1) note(pointerTo(pointer, index), undefined, item);
      else compare(pointerTo(pointer, index), old[was], item);
    });
    // The same items in another order, or more often: no item changed, the list did.
    if (changes.length === length) note(pointer, old, now);
  };
  compare("", before, after);
  return changes;
}
