/**
 * What a task has done so far, as plain data, and what follows from it: the conversation, the totals. Pure.
 * A step is one model turn with all its tool calls, numbered from 0; results are numbered by step and call index.
 */
import type { Scores } from "../../guard/index.ts";
import { addUsage, type Cost, NO_USAGE, type Usage } from "../../meter/index.ts";
import type { FinishReason, Message, ToolCall } from "../../model/index.ts";
import type { Decision, HandoffQuestion, Label, ToolQuestion } from "../../policy/index.ts";
import type { EgressRecord, ToolErrorCode } from "../../tool/index.ts";

/** What was found in an answer, in words. */
export type AnswerFound = {
  /** Why it was not let pass, a sentence each, as its model was told. */
  readonly faults: readonly string[];
  /** Rules that its judge found broken or met, in the words of the pack that had them. */
  readonly rules: readonly string[];
};

export type StepRecord = Cost & {
  readonly n: number;
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  /** `provider/model`. */
  readonly model: string;
  readonly usage: Usage;
  /** Taken over from another task's journal: it cost this task nothing. */
  readonly replayed: boolean;
  /** In the task that it was taken over from; absent: nothing. */
  readonly found?: AnswerFound;
  /** True: its text is not shown to anybody unless it becomes the answer. */
  readonly isHeld?: true;
  /** When it was recorded, in the time its task had worked; absent in records made before it was kept. */
  readonly workedMs?: number;
  /** Calls that leave no mark when they are handed over, for they may be made again, and how many run at once. */
  readonly unmarked?: { readonly calls: readonly number[]; readonly atOnce: number };
};

export type CallResult = {
  readonly step: number;
  readonly index: number;
  readonly success: boolean;
  /** JSON text. */
  readonly resultJson: string;
  readonly error: { readonly code: ToolErrorCode; readonly message: string } | null;
  readonly durationMs: number;
  /** Display name of the tool; absent in records made before it was kept. */
  readonly toolName?: string;
  /** When it was recorded, epoch milliseconds; absent in records made before it was kept. */
  readonly at?: number;
  /** True: the success of a tool that its pack does not audit. */
  readonly isUnaudited?: boolean;
  /** What a pack's own tool wrote to its console: for people, not for the model. */
  readonly console?: string;
  /** What the policy said of it at last; absent where it was not asked, and in records made before it was. */
  readonly decision?: CallDecision;
  /** What the task that had the call as its work saw; absent when that was nothing. */
  readonly taint?: readonly Label[];
  /** What the call asked of the network; absent when it asked nothing. */
  readonly egress?: readonly EgressRecord[];
  /** The runtime refused the call before its tool saw it; absent in records made before it was kept. */
  readonly isRefused?: true;
  /** A person found it: it is the result of the last attempt, which had none, and nobody measured it. */
  readonly isFinding?: true;
};

export type CallDecision = {
  readonly at: number;
  readonly question: ToolQuestion | HandoffQuestion;
  readonly decision: Decision;
};

/** Tokens of turns that came to nothing. */
export type Spent = Cost & { readonly usage: Usage };

/** Of what has more to it. */
export const spentOf = ({ usage, costMicros, charge }: Spent): Spent => ({
  ...{ usage, costMicros },
  ...(charge === undefined ? {} : { charge }),
});

export type History = {
  readonly steps: readonly StepRecord[];
  readonly results: readonly CallResult[];
  readonly spent: readonly Spent[];
};

/** What the firewall did, and what its judges said: written down so that nobody is asked or told twice. */
export type GuardMarks = {
  /** The verdict on the input is among the events; absent before, and when there is nothing to tell. */
  readonly isInputTold?: true;
  /** The pack's judge was asked about it. */
  readonly isInputJudged?: true;
  /** What it found in the input that the pack wants a person for, in the pack's words; absent: nothing. */
  readonly inputTriggers?: readonly string[];
  /** What the judge of answers said, by the step of each. Scores are null where it gave no judgement. */
  readonly answersJudged?: readonly { readonly step: number; readonly scores: Scores | null }[];
};

/** Whether the model is asked next, or is at work: no call of the last step is without its result. */
export function isModelsTurn(history: History): boolean {
  const last = history.steps.at(-1);
  return last?.toolCalls.every((_, index) => resultOf(history, last.n, index) !== undefined) ?? true;
}

/** The id of a call within its task, the same in every event, result and repetition. */
export const callIdOf = (step: number, index: number): string => `${step}.${index}`;

/** Looked for from the end: it is of the last turn as a rule. */
export const resultOf = (history: History, step: number, index: number): CallResult | undefined =>
  history.results.findLast((result) => result.step === step && result.index === index);

/** What the model is told of a result: the data, or the error with its code. */
export const toModelContent = (result: CallResult): string =>
  result.error === null ? result.resultJson : JSON.stringify({ error: result.error });

/**
 * The conversation after every complete step. A step whose calls are not all answered is left out.
 * @param replyTo what the user says to an answer that the run went on after.
 */
export function toMessages(input: string, history: History, replyTo?: (answer: StepRecord) => string): Message[] {
  const messages: Message[] = [{ role: "user", text: input }];
  const results = new Map(history.results.map((result) => [callIdOf(result.step, result.index), result]));
  for (const step of history.steps) {
    const answers = step.toolCalls.map((call, index) => ({ call, result: results.get(callIdOf(step.n, index)) }));
    if (answers.some(({ result }) => result === undefined)) break;
    messages.push({ role: "assistant", text: step.text, toolCalls: step.toolCalls });
    if (answers.length === 0 && replyTo !== undefined) messages.push({ role: "user", text: replyTo(step) });
    for (const { call, result } of answers) {
      if (result === undefined) continue;
      messages.push({
        role: "tool",
        callId: call.callId,
        toolId: call.toolId,
        content: toModelContent(result),
        isError: result.error !== null,
      });
    }
  }
  return messages;
}

export type Totals = { readonly usage: Usage; readonly costMicros: number | null };

/** Tokens and money of the whole task; the cost is null as soon as one price in it is unknown, never too low. */
export function totalsOf(history: History): Totals {
  let usage = NO_USAGE;
  let costMicros: number | null = 0;
  const charges: readonly Spent[] = [...history.steps.filter((step) => !step.replayed), ...history.spent];
  for (const charge of charges) {
    usage = addUsage(usage, charge.usage);
    costMicros = costMicros === null || charge.costMicros === null ? null : costMicros + charge.costMicros;
  }
  return { usage, costMicros };
}

/** The last text any turn gave: what is kept as output when a task ends without an answer. What is held is none. */
export const lastTextOf = (history: History): string | null =>
  history.steps.findLast((step) => step.text !== "" && step.isHeld !== true)?.text ?? null;
