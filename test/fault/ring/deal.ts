/**
 * What a model says to the tasks of one round, drawn from a seed: each of them makes two effects and answers, and among them every
 * misdeed is dealt once. What has to come of a task follows from its script.
 */
import type { Random } from "../../../src/platform/index.ts";
import { type Answer, call, stream, text } from "../../case/model-wire/answer.ts";
import { type Misdeed, type MisdeedId, misdeedIds, misdeedOf, type Place } from "./misdeeds.ts";

export type WireName = "anthropic" | "openai";

export type Turn = {
  /** What is answered before, once each; nothing of it may stand. */
  readonly first: MisdeedId[];
  /** What stands for the turn, or ends the task; null: nothing is wrong with it. */
  readonly misdeed: MisdeedId | null;
  readonly answer: (place: Place) => Answer;
  /** A code for each of its calls, or `ok`; null: it ends the task, and is no turn. */
  readonly results: readonly string[] | null;
};

export type Script = {
  readonly name: string;
  readonly tenant: string;
  readonly wire: WireName;
  readonly tier: "tier-1" | "tier-2" | "tier-3";
  readonly turns: readonly Turn[];
  /** State, with an error's code or a reason to finish. */
  readonly end: string;
};

export const TENANTS = ["model-a", "model-b", "model-c", "model-d"] as const;
const TIERS = { anthropic: "tier-2", openai: "tier-3" } as const;
/** Of the tasks, each so many begin at the first tier, whose model cannot be reached at all. */
const UNREACHABLE_EVERY = 6;

const plain = (results: readonly string[], answer: Turn["answer"]): Turn => ({
  ...{ first: [], misdeed: null, results, answer },
});
const asking = (tool: string): Turn =>
  plain(["ok"], ({ n }) => stream([text(`Turn ${n}.`), call(tool, JSON.stringify({ n }))]));
/** Turns of a task that nothing befalls. */
const PLAIN: readonly Turn[] = [
  asking("svc__note"),
  asking("svc__pay"),
  plain([], ({ n }) => stream([text(`Turn ${n} is the last.`)])),
];

type Draft = { readonly script: Script; readonly turns: Turn[]; end: MisdeedId | null };

/** @param isLong whether misdeeds that take a minute are dealt too. */
export function deal(plan: {
  readonly round: number;
  readonly tasks: number;
  readonly isLong: boolean;
  readonly random: Random;
}): Script[] {
  const { round, tasks, isLong, random } = plan;
  const below = (count: number): number => Math.floor(random() * count);
  const drafts = Array.from({ length: tasks }, (_, at) => draft(round, at));
  const ids = misdeedIds.filter((id) => isLong || !misdeedOf(id).isSlow);
  const withMisdeed = (leads: Misdeed["leads"]) => ids.filter((id) => misdeedOf(id).leads === leads);
  const mixed = (all: readonly Draft[]): Draft[] =>
    all
      .map((one) => ({ one, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);

  for (const [draft, id] of pairs(mixed(drafts), withMisdeed("end"))) {
    draft.end = id;
    // At least one effect is made before.
    draft.turns.length = 1 + below(2);
  }
  // In front of a turn that nothing is wrong with: three malformed ones in a row would be an end by themselves.
  for (const [draft, id] of pairs(mixed(drafts), withMisdeed("turn")))
    draft.turns.splice(below(Math.min(draft.turns.length, PLAIN.length)), 0, ...turnsOf(id));
  for (const { end, turns } of drafts) if (end !== null) turns.push(...turnsOf(end));
  for (const wire of ["anthropic", "openai"] as const) {
    const own = withMisdeed("again").filter((id, at) => wireOf(misdeedOf(id), at + round) === wire);
    const all = mixed(drafts.filter(({ script }) => script.wire === wire));
    for (const [{ turns }, id] of pairs(all, own)) turns[below(turns.length)]?.first.push(id);
  }
  return drafts.map(({ script, turns, end }) => ({ ...script, turns, end: endOf(end) }));
}

/** A model that does too much at once is not asked any more, so the wires share, and change their shares each round. */
const wireOf = ({ only }: Misdeed, turn: number): WireName => only ?? (turn % 2 === 0 ? "anthropic" : "openai");

function draft(round: number, at: number): Draft {
  const wire = at % 2 === 0 ? "anthropic" : "openai";
  const script: Script = {
    ...{ name: `model-${round}-${at}`, tenant: TENANTS[at % TENANTS.length] ?? TENANTS[0], wire },
    ...{ tier: at % UNREACHABLE_EVERY === 0 ? "tier-1" : TIERS[wire], turns: [], end: "" },
  };
  return { script, turns: PLAIN.map((turn) => ({ ...turn, first: [] })), end: null };
}

/** Each misdeed with a draft, which come round again when they are fewer. */
const pairs = (drafts: readonly Draft[], ids: readonly MisdeedId[]): (readonly [Draft, MisdeedId])[] =>
  ids.flatMap((id, at) => drafts.slice(at % drafts.length, (at % drafts.length) + 1).map((one) => [one, id] as const));

function turnsOf(id: MisdeedId): Turn[] {
  const misdeed = misdeedOf(id);
  const toTurn = (results: Turn["results"]): Turn => ({ first: [], misdeed: id, answer: misdeed.answer, results });
  switch (misdeed.leads) {
    case "again":
      return [];
    case "turn":
      return [toTurn(misdeed.results)];
    case "end":
      return misdeed.turns.map(toTurn);
  }
}

function endOf(id: MisdeedId | null): string {
  const misdeed = id === null ? null : misdeedOf(id);
  return misdeed?.leads === "end" ? misdeed.end : "done stop";
}
