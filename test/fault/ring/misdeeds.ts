/**
 * What a model server can do wrong, each under the number of its fault, and what has to come of it: nothing of it stands and the model
 * is asked again, or it stands as a turn whose calls have these results, or the task ends with it.
 */
import { type Answer, call, stream, text, wait } from "../../case/model-wire/answer.ts";
import type { FaultId } from "../catalogue.ts";

/** Where in a task an answer stands. */
export type Place = {
  /** Tells the turns of all tasks apart. */
  readonly n: string;
  /** Resolves when whoever reads along has these words. */
  readonly heard: (words: string) => Promise<unknown>;
};

type Deed = {
  readonly fault: FaultId;
  readonly answer: (place: Place) => Answer;
  /** Takes a minute. */
  readonly isSlow?: true;
  /** On any other wire it would. */
  readonly only?: "anthropic";
};

export type Misdeed =
  | (Deed & { readonly leads: "again" })
  /** @param results a code for each call, or `ok`. */
  | (Deed & { readonly leads: "turn"; readonly results: readonly string[] })
  /**
   * @param end state, with an error's code or a reason to finish.
   * @param turns results of each of its turns; null for one that does not stand.
   */
  | (Deed & { readonly leads: "end"; readonly end: string; readonly turns: readonly (readonly string[] | null)[] });

const half = (n: string): string => `Half of ${n}, and`;
/** Text that a reader has before the rest of the answer fails. */
const told = ({ n, heard }: Place) => [text(`${half(n)} then`), wait(() => heard(half(n)))];
/** A call that is whole, in an answer that is not: it must never be made. */
const voidCall = ({ n }: Place) => call("svc__note", JSON.stringify({ n: `${n}.void` }));

type ErrorKind = (Answer & { readonly kind: "error" })["error"];

const again = (fault: FaultId, answer: Deed["answer"]): Misdeed => ({ fault, answer, leads: "again" });
const refused = (error: ErrorKind): Misdeed => again(31, () => ({ kind: "error", error }));
const turn = (fault: FaultId, results: readonly string[], answer: Deed["answer"]): Misdeed => ({
  ...{ fault, answer, results, leads: "turn" },
});
/** Of a tool that would take no arguments at all. */
const malformed = (json: string): Misdeed =>
  turn(34, ["TOOL_ARGUMENTS"], ({ n }) => stream([text(`Turn ${n}.`), call("svc__nudge", json)]));
const last = (
  fault: FaultId,
  end: string,
  turns: (Misdeed & { leads: "end" })["turns"],
  answer: Deed["answer"],
): Misdeed => ({
  ...{ fault, end, turns, answer, leads: "end" },
});
const final = (error: ErrorKind, code: string): Misdeed =>
  last(31, `failed ${code}`, [null], () => ({ kind: "error", error }));

const CROWD = 51;

const MISDEEDS = {
  limited: again(31, () => ({ kind: "error", error: "rate_limited", retryAfter: "1" })),
  limitedSilently: refused("rate_limited_silent"),
  overloaded: refused("overloaded"),
  unavailable: refused("unavailable"),
  broken: refused("server"),
  overloadedInside: again(31, (place) => stream([...told(place), voidCall(place)], { end: "error" })),
  spent: final("spend_limit", "PROVIDER_BUDGET"),
  keyless: final("auth", "PROVIDER_AUTH"),
  tooLarge: final("too_large", "CONTEXT_TOO_LONG"),
  reset: again(32, () => ({ kind: "reset" })),
  // Any other server than Anthropic's may load its model first, and has a minute for that.
  silent: { ...again(32, () => ({ kind: "silence" })), only: "anthropic" },
  stalled: { ...again(32, (place) => stream([...told(place), voidCall(place)], { end: "stall" })), isSlow: true },
  cutInText: again(33, (place) => stream(told(place), { end: "cut" })),
  cutInCall: again(33, (place) => stream([...told(place), voidCall(place)], { end: "cut" })),
  truncated: malformed('{"n":"trunca'),
  rawNewline: malformed('{"n":"a\nb"}'),
  null: malformed("null"),
  list: malformed('["n"]'),
  badEscape: malformed('{"n":"\\U0001F600"}'),
  muddled: last(34, "failed LOOP_DETECTED", [["TOOL_ARGUMENTS"], ["TOOL_ARGUMENTS"], ["TOOL_ARGUMENTS"]], ({ n }) =>
    stream([text(`Turn ${n}.`), call("svc__nudge", `{"n":"${n}`)]),
  ),
  tooLong: turn(35, ["TOOL_ARGUMENTS"], ({ n }) =>
    stream([text(`Turn ${n}.`), call("svc__nudge", `{"n":"${n}.lo`)], { stop: "max_tokens" }),
  ),
  unknown: turn(36, ["TOOL_UNKNOWN"], ({ n }) => stream([text(`Turn ${n}.`), call("svc__nothing", `{"n":"${n}"}`)])),
  twins: turn(36, ["ok", "ok"], ({ n }) =>
    stream([
      text(`Turn ${n}.`),
      ...["a", "b"].map((twin) => call("svc__note", JSON.stringify({ n: `${n}.${twin}` }), "call_twin")),
    ]),
  ),
  crowd: turn(36, [...Array.from({ length: CROWD - 1 }, () => "TOOL_UNKNOWN"), "TOOL_LIMIT"], ({ n }) =>
    stream([
      text(`Turn ${n}.`),
      ...Array.from({ length: CROWD }, (_, at) => call("svc__nothing", `{"n":"${n}.${at}"}`, `call_${at}`)),
    ]),
  ),
  empty: again(37, () => stream([])),
  unwilling: last(37, "done refusal", [[]], ({ n }) => stream([text(`Turn ${n}.`)], { stop: "refusal" })),
  circling: last(37, "failed LOOP_DETECTED", [["ok"], ["ok"], ["ok"]], ({ n }) =>
    stream([text(`Turn ${n}.`), call("file_manager", '{"action":"list","path":"/workspace"}')]),
  ),
} satisfies Readonly<Record<string, Misdeed>>;

export type MisdeedId = keyof typeof MISDEEDS;

export const misdeedIds = Object.keys(MISDEEDS).filter((id): id is MisdeedId => id in MISDEEDS);
export const misdeedOf = (id: MisdeedId): Misdeed => MISDEEDS[id];
