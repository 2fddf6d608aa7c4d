/** A decision as it is kept: with its question, so that it can be asked again of another policy, and where it was asked. */
import { canonicalJson, lengthPrefixed, sha256Hex } from "../platform/index.ts";
import type { AccessQuestion, Decision, HandoffQuestion, PackQuestion, ToolQuestion } from "./types.ts";

export type RecordedQuestion = ToolQuestion | HandoffQuestion | PackQuestion | AccessQuestion;

export type DecisionRecord = {
  /** Made from the call: writing it a second time does nothing. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly question: RecordedQuestion;
  /** SHA-256 of the canonical question: equal for equal questions. */
  readonly inputHash: string;
  readonly decision: Decision;
  /** Null: it was made at a door. */
  readonly place: DecisionPlace | null;
  /** Null where nobody named one. */
  readonly traceId: string | null;
};

type Made = Pick<DecisionRecord, "at" | "question" | "decision">;

/** The call that was asked about. */
export type DecisionPlace = {
  readonly taskId: string;
  readonly step: number;
  readonly callIndex: number;
  readonly traceId: string;
};

const ID_CHARS = 36;

export async function toDecisionRecord(made: Made, place: DecisionPlace): Promise<DecisionRecord> {
  const name = lengthPrefixed(["decision", place.taskId, String(place.step), String(place.callIndex)]);
  const id = (await sha256Hex(name)).slice(0, ID_CHARS);
  return { ...made, place, traceId: place.traceId, id, inputHash: await hashOf(made.question) };
}

/** What was decided about no call of a task. */
export type DoorDecision = Made;

/** A decision about no call of a task: each is one of its own, however alike they are. */
export const toDoorRecord = async (made: DoorDecision): Promise<DecisionRecord> => ({
  ...{ ...made, place: null, traceId: null, id: crypto.randomUUID() },
  inputHash: await hashOf(made.question),
});

const hashOf = (question: RecordedQuestion): Promise<string> => sha256Hex(canonicalJson(question));
