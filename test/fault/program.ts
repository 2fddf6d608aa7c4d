/**
 * What an agent does in a simulated world, as data: turns of calls, then an answer. The model's port plays it, the
 * expectation is computed from it, and neither knows the other. Random ones come from a seed.
 */
import type { Random } from "../../src/platform/index.ts";

export const CALL_KINDS = ["read", "keyed", "write", "pay", "hand", "malformed", "unknown", "cut"] as const;
export type CallKind = (typeof CALL_KINDS)[number];

/** What a person says to a question: of a call that needs one, or of one in doubt. */
export type Word = "approve" | "reject" | "silence";

export type Call = {
  readonly kind: CallKind;
  /** Tells the calls of a program apart. */
  readonly n: number;
  readonly word: Word;
  /** With `hand`. */
  readonly child: Program | null;
};

export type Turn = { readonly calls: readonly Call[]; readonly text: string };

/** How the last turn ends. */
export type Ending = "answer" | "empty" | "refusal" | "circle";

export type Program = {
  readonly id: string;
  readonly turns: readonly Turn[];
  readonly ending: Ending;
  /** `worker` does everything, and hands to `helper`, which hands to `second`; `poor` has money for a few turns; `slow` has models that take nine minutes a turn. */
  readonly pack: "worker" | "helper" | "second" | "poor" | "slow" | "patient" | "short";
  /** Said by the user and by the model, beside the rest. */
  readonly spice: string;
  /** Milliseconds after the acceptance; null: never. */
  readonly cancelAfterMs: number | null;
  /** Whether a second cancel follows at once. */
  readonly isCancelTwice: boolean;
};

/** Text that systems like to lose: surrogates, direction marks, joiners, composed and decomposed letters. */
export const SPICES = [
  "",
  "👩🏽‍🚀",
  "\u202eabc\u202c",
  "e\u0301 \u00e9",
  "\u200b\u2066x\u2069",
  "line\nbreak\ttab",
  "'; DROP TABLE tasks; --",
] as const;

const pick = <T>(random: Random, all: readonly [T, ...T[]]): T => all[Math.floor(random() * all.length)] ?? all[0];

/** @param next numbers the calls of a world. */
export function randomProgram(random: Random, id: string, next: () => number, depth = 0): Program {
  const lengths = depth === 0 ? ([1, 2, 2, 3, 3, 4, 5, 8, 20] as const) : ([1, 1, 2] as const);
  const callOf = (at: number): Call => {
    const n = next();
    const kinds = [
      "read",
      "read",
      "keyed",
      "keyed",
      "write",
      "write",
      "pay",
      "malformed",
      "unknown",
      "cut",
      "hand",
    ] as const;
    const kind = pick(random, kinds);
    const isHand = kind === "hand" && depth < 2;
    return {
      kind: kind === "hand" && !isHand ? "read" : kind,
      n,
      word: pick(random, ["approve", "approve", "approve", "reject", "silence"]),
      child: isHand ? randomProgram(random, `${id}.${at}${n}`, next, depth + 1) : null,
    };
  };
  const turns = Array.from({ length: pick(random, [...lengths]) - 1 }, (_, at): Turn => {
    // Mostly one call a turn; sometimes some side by side.
    const count = random() < 0.6 ? 1 : 2 + Math.floor(random() * 3);
    const calls = Array.from({ length: count }, () => callOf(at));
    // A reply that was cut off by its length has no other call after the one that it broke off in.
    return { calls, text: random() < 0.4 ? `thinking about ${at}` : "" };
  });
  const isCancelled = depth === 0 && random() < 0.15;
  return {
    ...{ id, turns, pack: (["worker", "helper", "second"] as const)[depth] ?? "second", spice: pick(random, SPICES) },
    ending: random() < 0.9 ? "answer" : pick(random, ["empty", "refusal", "circle"]),
    cancelAfterMs: isCancelled ? Math.floor(random() * 20_000) : null,
    isCancelTwice: random() < 0.5,
  };
}

/** A program and everything that it hands over. */
export const familyOf = (program: Program): Program[] => [
  program,
  ...program.turns.flatMap(({ calls }) => calls.flatMap(({ child }) => (child === null ? [] : familyOf(child)))),
];

/** The words of a task's input that name its program. @param canary stands in everything that a tenant says. */
export const toInput = (program: Program, canary: string): string =>
  `program ${program.id}; ${canary} ${program.spice}`;

/** Null where none is named. */
export const programIdOf = (text: string): string | null => /program ([a-z0-9.]+);/.exec(text)?.[1] ?? null;
