/** A decision as it is kept: with its question, so that it can be asked again of another policy, and where it was asked. */
import { canonicalJson, lengthPrefixed, sha256Hex } from "../platform/index.ts";
import type { Decision, ToolQuestion } from "./types.ts";

export type DecisionRecord = {
  /** Made from the call: writing it a second time does nothing. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly question: ToolQuestion;
  /** SHA-256 of the canonical question: equal for equal questions. */
  readonly inputHash: string;
  readonly decision: Decision;
  readonly place: DecisionPlace;
};

/** The call that was asked about. */
export type DecisionPlace = {
  readonly taskId: string;
  readonly step: number;
  readonly callIndex: number;
  readonly traceId: string;
};

const ID_CHARS = 36;

export async function toDecisionRecord(
  made: Pick<DecisionRecord, "at" | "question" | "decision">,
  place: DecisionPlace,
): Promise<DecisionRecord> {
  const name = lengthPrefixed(["decision", place.taskId, String(place.step), String(place.callIndex)]);
  return {
    ...made,
    place,
    id: (await sha256Hex(name)).slice(0, ID_CHARS),
    inputHash: await sha256Hex(canonicalJson(made.question)),
  };
}
