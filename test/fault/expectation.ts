/**
 * What must come out of a program: a model of its own, which shares nothing with the rooms but the words of the wire. It is
 * told the program and what the world outside saw, and says which ends and which results are possible.
 */
import type { Decided, Effect } from "./ledger.ts";
import type { Call, Program } from "./program.ts";

/** What the outside knows of one task. */
export type Facts = {
  readonly effects: readonly Effect[];
  readonly decisions: readonly Decided[];
  /** What its model's provider answered instead of a reply. */
  readonly failures: readonly string[];
  readonly isCancelAsked: boolean;
  /** Somebody was told that it is cancelled. */
  readonly isCancelTold: boolean;
  /** Its parent ended before it. */
  readonly isOrphan: boolean;
  /** Faults of the runtime may have cost it attempts, its storage, or an hour. */
  readonly isDisturbed: boolean;
  readonly isStorageFull: boolean;
  readonly tookMs: number;
  /** How long a question stands before it expires, answered or not. */
  readonly questionsMs: number;
  /** Decisions may have raced. */
  readonly isRaced: boolean;
  /** Ends of the tasks it handed work to, by program. */
  readonly children: ReadonlyMap<string, string>;
};

/** `ok`, or the code of an error. */
export type Outcome = string;

const HOUR_MS = 60 * 60 * 1_000;
const ATTEMPTS = 4;

/** Reasons that no retry mends, and what a task fails with. */
const FINAL: Readonly<Record<string, string>> = {
  ...{ spend_limit: "PROVIDER_BUDGET", auth: "PROVIDER_AUTH", context_too_long: "CONTEXT_TOO_LONG" },
};

/** The ends that are possible: a state, with a code where it is `failed`. */
export function possibleEnds(program: Program, facts: Facts): ReadonlySet<string> {
  if (facts.isCancelTold) return new Set(["cancelled"]);
  const ends = new Set<string>();
  for (const reason of facts.failures) {
    const code = FINAL[reason];
    if (code !== undefined) ends.add(`failed ${code}`);
  }
  const lost = facts.failures.length + (facts.isDisturbed ? ATTEMPTS : 0);
  if (lost >= ATTEMPTS) ends.add("dead_letter ATTEMPTS_EXHAUSTED");
  if (facts.isStorageFull) ends.add("failed STORAGE_LIMIT");
  if (facts.isCancelAsked || facts.isOrphan) ends.add("cancelled");
  if (facts.tookMs >= HOUR_MS) ends.add("failed DEADLINE_EXCEEDED");
  if (program.pack === "poor") return ends.add("failed BUDGET_EXHAUSTED");
  if (isCircle(program)) return ends.add("failed LOOP_DETECTED");
  if (program.ending === "empty") return ends.add("dead_letter ATTEMPTS_EXHAUSTED");
  // A child has what its parent has left: its time, and its money.
  return ends.add("done");
}

/** The same call for ever, or three turns in a row of which nothing can be understood. */
const isCircle = ({ ending, turns }: Program): boolean =>
  ending === "circle" ||
  turns.some((_, at) => {
    const three = turns.slice(at, at + 3);
    return (
      three.length === 3 &&
      three.every(({ calls }) => calls.every(({ kind }) => kind === "malformed" || kind === "cut"))
    );
  });

/** The results that are possible for one call. */
export function possibleOutcomes(call: Call, facts: Facts): ReadonlySet<Outcome> {
  switch (call.kind) {
    case "malformed":
    case "cut":
      return new Set(["TOOL_ARGUMENTS"]);
    case "unknown":
      return new Set(["TOOL_UNKNOWN"]);
    case "read":
    case "keyed":
      return new Set(answered(call, facts));
    case "write":
      return new Set([...told(call, facts), ...resolved(call, facts)]);
    case "pay":
      return new Set([...told(call, facts), ...resolved(call, facts), ...refused(call, facts)]);
    case "hand": {
      const end = facts.children.get(call.child?.id ?? "");
      return new Set([end === "done" ? "ok" : "TOOL_FAILED"]);
    }
  }
}

/** What the isolate answered under the call's key. */
const answered = (call: Call, { effects }: Facts): Outcome[] =>
  effects.filter(({ n }) => n === call.n).map(({ answer }) => (answer === "ok" ? "ok" : "TOOL_FAILED"));

/** The same of a tool that may not be asked twice: one that broke off has told nothing, and a person has to. */
const told = (call: Call, facts: Facts): Outcome[] => answered(call, facts).filter((outcome) => outcome === "ok");

/** What a person found out about a call in doubt. */
const resolved = (call: Call, { decisions }: Facts): Outcome[] =>
  decisions
    .filter(({ n, kind }) => n === call.n && kind === "unknown_outcome")
    .flatMap(({ decision }) =>
      decision === "happened" ? ["ok"] : decision === "did_not_happen" ? ["TOOL_FAILED"] : [],
    );

/** What a person did not allow. */
function refused({ word }: Call, { isRaced, tookMs, questionsMs }: Facts): Outcome[] {
  if (word === "silence") return ["APPROVAL_EXPIRED"];
  // An approval that was given and not used in time is none.
  const late = tookMs >= questionsMs ? ["APPROVAL_EXPIRED"] : [];
  return word === "reject" || isRaced ? ["APPROVAL_REJECTED", ...late] : late;
}

/** Whether a call that needs a person may have been made. */
export const mayPay = ({ word }: Call, { isRaced }: Facts): boolean =>
  word === "approve" || (word === "reject" && isRaced);

/** The answer of a program that came to its end, from what its calls came to. */
export function answerOf(program: Program, outcomes: readonly Outcome[]): string {
  if (program.ending === "refusal") return "I will not.";
  const errors = outcomes.filter((outcome) => outcome !== "ok").length;
  return `${program.id} saw ${outcomes.length} results, ${errors} errors${program.spice}`;
}
