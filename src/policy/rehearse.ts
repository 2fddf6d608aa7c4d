/**
 * What another policy would have said: questions that were answered before, asked again, and the answers compared. Pure
 * but for the engine that is asked.
 */
import { isObject } from "./decision.ts";
import type { Decision, Effect, PolicyEngine, ToolQuestion } from "./types.ts";

/** From the narrowest to the widest. */
const WIDTH: Readonly<Record<Effect, number>> = { deny: 0, ask: 1, allow: 2 };

export type Answered = {
  readonly question: ToolQuestion;
  readonly effect: Effect;
  /** Rules that the answer named. */
  readonly rules: readonly string[];
};

/** Answers that would change in the same way, for the same tool of the same pack. */
export type PolicyChange = {
  readonly before: Effect;
  readonly after: Effect;
  /** The other policy lets through what was held back, or asks where it was denied. */
  readonly isWider: boolean;
  readonly rulesBefore: readonly string[];
  readonly rulesAfter: readonly string[];
  readonly packId: string;
  readonly toolId: string;
  readonly count: number;
  /** One of the questions. */
  readonly example: ToolQuestion;
};

/** A question as the log has it; null for anything else. */
export function parseQuestion(value: unknown): ToolQuestion | null {
  if (!isObject(value) || value.version !== 1 || value.action !== "tool.call") return null;
  const { pack, tool, needs } = value;
  const isNamed = isObject(pack) && typeof pack.id === "string" && isObject(tool) && typeof tool.id === "string";
  if (!isNamed || !Array.isArray(needs)) return null;
  return value as ToolQuestion; // the rest is the policy's to judge, which denies what it does not understand
}

export type Rehearsal = { readonly asked: number; readonly changes: readonly PolicyChange[] };

/** What comes of an effect: a pack's own wish for a person holds whatever a policy says. */
const heldTo = (effect: Effect, { needs }: Pick<ToolQuestion, "needs">): Effect =>
  effect === "allow" && needs.length > 0 ? "ask" : effect;

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
      ...{ packId: question.pack.id, toolId: question.tool.id },
    };
    const key = JSON.stringify(change);
    const known = changes.get(key);
    changes.set(key, { ...change, count: (known?.count ?? 0) + 1, example: known?.example ?? question });
  }
  const order = (a: PolicyChange, b: PolicyChange) =>
    Number(b.isWider) - Number(a.isWider) || b.count - a.count || (a.toolId < b.toolId ? -1 : 1);
  return { asked: answered.length, changes: [...changes.values()].toSorted(order) };
}
