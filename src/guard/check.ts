/**
 * The verdict on a text: on an input as a whole, on an output also while it comes. Both go through the same scanner and
 * the same tables, so that what is found does not depend on how a text arrives.
 */
import { once } from "../platform/index.ts";
import { EXFILTRATION_RULES, isImage } from "./exfiltration.ts";
import { NATIONAL_ID_RULES } from "./national-ids.ts";
import { PII_RULES } from "./pii.ts";
import type { InputRules, OutputRules } from "./rules.ts";
import { sanitize } from "./sanitize.ts";
import { type RuleTable, Scanner, type Segment, toRuleTable } from "./scanner.ts";
import { SECRET_RULES } from "./secrets.ts";
import { findSignals } from "./signals.ts";
import { Tokens, toRemoved } from "./tokens.ts";
import { ACTIONS, type Action, type Finding, type Verdict } from "./types.ts";

const DATA_RULES = [...SECRET_RULES, ...NATIONAL_ID_RULES, ...PII_RULES];
const dataTable = once(() => toRuleTable(DATA_RULES));
const outputTable = once(() => toRuleTable([...DATA_RULES, ...EXFILTRATION_RULES]));

const strongest = (actions: readonly Action[]): Action =>
  ACTIONS.findLast((action) => actions.includes(action)) ?? "allow";

const toFinding = ({ rule, text, start }: Extract<Segment, { kind: "found" }>): Finding => ({
  kind: rule.kind,
  label: rule.label,
  start,
  end: start + text.length,
  score: rule.score,
});

const byPlace = (one: Finding, other: Finding): number => one.start - other.start || one.end - other.end;

export type CheckedInput = {
  readonly verdict: Verdict;
  /** Empty unless data was redacted. */
  readonly tokens: Tokens;
};

/** What may pass of an input, and what was found in it. The same text and rules always give the same. */
export function checkInput(given: string, rules: InputRules): CheckedInput {
  const clean = rules.sanitize ? sanitize(given) : null;
  const text = clean?.text ?? given;
  const tokens = new Tokens(text);
  const data = rules.data === "off" ? null : checkData(text, dataTable(), rules.data, tokens);
  const signals = rules.signals ? findSignals(text) : [];
  const toGiven = (finding: Finding): Finding => ({
    ...finding,
    start: clean?.toGiven(finding.start) ?? finding.start,
    end: clean?.toGivenEnd(finding.end) ?? finding.end,
  });
  const hidden = rules.signals ? (clean?.hidden ?? []).flatMap(readHidden) : [];
  const findings = [...(clean?.findings ?? []), ...[...(data?.findings ?? []), ...signals].map(toGiven), ...hidden];
  const passed = data?.text ?? text;
  const isBlocked = rules.data === "block" && (data?.findings.length ?? 0) > 0;
  const action: Action = isBlocked ? "block" : passed !== given ? "redact" : findings.length > 0 ? "warn" : "allow";
  return { verdict: { action, text: isBlocked ? "" : passed, findings: findings.sort(byPlace) }, tokens };
}

/** Signals in a text that was spelled in invisible characters are found where those stood. */
const readHidden = ({ text, start, end }: { text: string; start: number; end: number }): Finding[] =>
  findSignals(text)
    .slice(0, 1)
    .map((signal) => ({ ...signal, start, end }));

function checkData(text: string, table: RuleTable, action: "warn" | "redact" | "block", tokens: Tokens) {
  const scanner = new Scanner(table);
  const segments = scanner.finish(text);
  const findings = segments.flatMap((segment) => (segment.kind === "found" ? [toFinding(segment)] : []));
  const passed = segments.map((segment) =>
    segment.kind === "found" && action === "redact" ? tokens.for(segment.rule.label, segment.text) : segment.text,
  );
  return { text: passed.join(""), findings };
}

/**
 * An output while it comes. Data and images that carry some away are replaced, for good; links that do are found and
 * pass. With nothing to check, text passes at once.
 */
export class OutputCheck {
  readonly #scanner: Scanner | null;
  readonly #findings: Finding[] = [];
  readonly #actions: Action[] = [];

  constructor(rules: OutputRules) {
    this.#scanner = rules.data === "off" ? null : new Scanner(outputTable());
  }

  /** What may pass by now. */
  push(piece: string): string {
    return this.#scanner === null ? piece : this.#take(this.#scanner.push(piece));
  }

  /** @param rest the last piece; of a whole text the only one. */
  finish(rest = ""): string {
    return this.#scanner === null ? rest : this.#take(this.#scanner.finish(rest));
  }

  /** Characters that are held back. */
  get held(): number {
    return this.#scanner?.held ?? 0;
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  get action(): Action {
    return strongest(this.#actions);
  }

  #take(segments: readonly Segment[]): string {
    return segments.map((segment) => (segment.kind === "found" ? this.#replace(segment) : segment.text)).join("");
  }

  #replace(segment: Extract<Segment, { kind: "found" }>): string {
    this.#findings.push(toFinding(segment));
    const passes = segment.rule.kind === "injection" && !isImage(segment.rule);
    this.#actions.push(passes ? "warn" : "redact");
    return passes ? segment.text : toRemoved(segment.rule.label);
  }
}

export function checkOutput(given: string, rules: OutputRules): Verdict {
  const check = new OutputCheck(rules);
  const text = check.finish(given);
  return { action: check.action, text, findings: check.findings };
}
