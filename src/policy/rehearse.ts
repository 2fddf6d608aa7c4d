/**
 * What another policy would have said: questions that were answered before, asked again, and the answers compared. Pure
 * but for the engine that is asked.
 */
import { isRecord } from "../platform/index.ts";
import type { RecordedQuestion } from "./record.ts";
import type { Decision, Effect, PolicyEngine } from "./types.ts";

/** From the narrowest to the widest. */
const WIDTH: Readonly<Record<Effect, number>> = { deny: 0, ask: 1, allow: 2 };

export type Answered = {
  readonly question: RecordedQuestion;
  readonly effect: Effect;
  /** Rules that the answer named. */
  readonly rules: readonly string[];
};

/** Answers that would change in the same way, for the same thing of the same pack. */
export type PolicyChange = {
  readonly before: Effect;
  readonly after: Effect;
  /** The other policy lets through what was held back, or asks where it was denied. */
  readonly isWider: boolean;
  readonly rulesBefore: readonly string[];
  readonly rulesAfter: readonly string[];
  /** Empty for a call of the API. */
  readonly packId: string;
  /** A tool's id; else what is asked for: `pack.use`, `handoff <pack>`, the scope of a call of the API. */
  readonly toolId: string;
  readonly count: number;
  /** One of the questions. */
  readonly example: RecordedQuestion;
};

/** A question as the log has it; null for anything else. */
export function parseQuestion(value: unknown): RecordedQuestion | null {
  if (!isRecord(value) || value.version !== 1) return null;
  const { action, pack, tool, target, needs, scope } = value;
  const isNamed = isRecord(pack) && typeof pack.id === "string";
  const isWhole: Readonly<Record<RecordedQuestion["action"], boolean>> = {
    "tool.call": isNamed && isRecord(tool) && typeof tool.id === "string" && Array.isArray(needs),
    "pack.use": isNamed,
    handoff: isNamed && isRecord(target) && typeof target.pack_id === "string",
    "api.call": typeof scope === "string",
  };
  if (!Object.entries(isWhole).some(([known, whole]) => known === action && whole)) return null;
  return value as RecordedQuestion; // the rest is the policy's to judge, which denies what it does not understand
}

/** What a question is about, for people. */
function subjectOf(question: RecordedQuestion): Pick<PolicyChange, "packId" | "toolId"> {
  switch (question.action) {
    case "tool.call":
      return { packId: question.pack.id, toolId: question.tool.id };
    case "pack.use":
      return { packId: question.pack.id, toolId: question.action };
    case "handoff":
      return { packId: question.pack.id, toolId: `handoff ${question.target.pack_id}` };
    case "api.call":
      return { packId: "", toolId: question.scope };
  }
}

export type Rehearsal = { readonly asked: number; readonly changes: readonly PolicyChange[] };

/** What comes of an effect: a pack's own wish for a person holds whatever a policy says. */
const heldTo = (effect: Effect, question: RecordedQuestion): Effect =>
  effect === "allow" && question.action === "tool.call" && question.needs.length > 0 ? "ask" : effect;

export const rulesOf = ({ reasons }: Pick<Decision, "reasons">): string[] =>
  [...new Set(reasons.map(({ rule }) => rule))].toSorted();

/** Wider changes first, then by how often. */
export async function rehearse(answered: readonly Answered[], engine: PolicyEngine): Promise<Rehearsal> {
  const changes = new Map<string, PolicyChange>();
  for (const { question, effect, rules } of answered) {
    const decision = await engine.decide(question);
    const [before, after] = [heldTo(effect, question), heldTo(decision.effect, question)];
    if (before === after) continue;
    const change = {
      ...{ before, after, isWider: WIDTH[after] > WIDTH[before], rulesBefore: rules, rulesAfter: rulesOf(decision) },
      ...subjectOf(question),
    };
    const key = JSON.stringify(change);
    const known = changes.get(key);
    changes.set(key, { ...change, count: (known?.count ?? 0) + 1, example: known?.example ?? question });
  }
  const order = (a: PolicyChange, b: PolicyChange) =>
    Number(b.isWider) - Number(a.isWider) || b.count - a.count || (a.toolId < b.toolId ? -1 : 1);
  return { asked: answered.length, changes: [...changes.values()].toSorted(order) };
}
