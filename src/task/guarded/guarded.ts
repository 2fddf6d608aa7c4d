/**
 * A run behind the prompt firewall: what its model is given and what of its answers passes. The verdict on the input
 * follows from the input and the pack alone, so a resumed run comes to the same one; what people are told of it is
 * journalled. Values that were redacted stand as tokens in everything a model reads and come back where the tenant does.
 */
import {
  argumentRulesOf,
  checkArguments,
  checkInput,
  checkOutput,
  checkToolResult,
  inputRulesOf,
  isAnswerHeld,
  labelsOf,
  markUntrusted,
  missingDisclaimers,
  OutputCheck,
  outputRulesOf,
  Restorer,
  reportOf,
  toRepairRequest,
  uncheckedOf,
  unnumber,
  type Verdict,
} from "../../guard/index.ts";
import type { Message } from "../../model/index.ts";
import type { AgentConfig } from "../../pack/index.ts";
import type { NewEvent } from "../journal/frames.ts";
import { type CallResult, callIdOf, type StepRecord, toModelContent } from "../journal/history.ts";
import type { Change } from "../journal/journal.ts";
import { failed } from "../loop/outcome.ts";
import { end, nowOf, type Run, type RunEnd } from "../loop/run.ts";
import { createAnswerCheck } from "./answer-check.ts";

/** The text of one turn while it comes: what may be shown by now. */
export type TurnText = { push(piece: string): string; finish(): string };

export type Guard = {
  readonly verdict: Verdict;
  readonly openText: () => TurnText;
  /** A reply as it is kept and shown to the model again, and what to tell of it. */
  readonly checkReply: (step: number, text: string) => { readonly text: string; readonly events: readonly NewEvent[] };
  /** What keeps an answer from passing, a sentence each. */
  readonly findFaults: (answer: StepRecord) => readonly string[];
  readonly replyTo: (answer: StepRecord) => string;
  /** No text is shown before the answer has passed its judge, and a person where one is asked. */
  readonly isHeld: boolean;
  readonly markMessages: (messages: readonly Message[]) => readonly Message[];
  /** The answer with the statements it must hold, and the events of that. */
  readonly conclude: (last: Pick<StepRecord, "n" | "text">) => Conclusion;
};

type Conclusion = {
  readonly output: string;
  readonly events: readonly NewEvent[];
  /** As it may stand beside other tasks' texts: its tokens mean nothing there. */
  readonly remembered: { readonly input: string; readonly output: string };
};

export type GuardedRun = Run & { readonly guard: Guard };

export function guardRun(run: Run): GuardedRun {
  const { guardrails } = run.config;
  const inputRules = inputRulesOf(guardrails);
  const outputRules = outputRulesOf(guardrails);
  const { verdict, tokens } = checkInput(run.row().request.input, inputRules);
  const asJson = isJson(guardrails);
  const quote = (text: string): string => (tokens.size > 0 ? unnumber(text) : text);
  const shownInput = quote(verdict.text);
  const restore = (text: string): string => tokens.restore(text, asJson);
  const answers = createAnswerCheck(run);
  const isHeld = isAnswerHeld(guardrails);
  const guard: Guard = {
    verdict,
    openText: () => {
      if (isHeld) return { push: () => "", finish: () => "" };
      const check = new OutputCheck(outputRules);
      const restorer = new Restorer(tokens, asJson);
      return {
        push: (piece) => restorer.push(check.push(piece)),
        finish: () => restorer.push(check.finish()) + restorer.finish(),
      };
    },
    checkReply: (step, text) => {
      const checked = checkOutput(text, outputRules);
      return { text: checked.text, events: toEvents({ direction: "output", step }, checked) };
    },
    findFaults: (answer) => answers.findFaults(answer, restore),
    // Without the values: what is wrong with an answer may quote it.
    replyTo: (answer) => toRepairRequest(answers.findFaults(answer), guardrails),
    isHeld,
    markMessages: (messages) => (inputRules.signals ? messages.map(markMessage) : messages),
    conclude: ({ n, text }) => {
      const added = missingDisclaimers(text, guardrails);
      const output = text + added;
      const shown = isHeld ? restore(output) : added;
      return {
        output,
        events: [
          ...(shown === "" ? [] : [{ type: "text.delta", data: { step: n, text: shown } }]),
          ...toUncheckedEvents(uncheckedOf(guardrails, answers.lookedAt(n))),
        ],
        remembered: { input: shownInput, output: quote(output) },
      };
    },
  };
  const commit: Run["commit"] = (change) =>
    run.commit(withSignals(tokens.size === 0 ? change : withValues(change, restore), inputRules.signals));
  return { ...run, shownInput, commit, guard };
}

/** Whether values come back into the inside of JSON strings. */
const isJson = ({ output }: AgentConfig["guardrails"]): boolean => output.schema !== undefined;

const markMessage = (message: Message): Message =>
  message.role === "tool" ? { ...message, content: markUntrusted(message.toolId, message.content) } : message;

/** Tells of the input what was found in it, once; ends the run when it must not pass. Null: the run goes on. */
export function admitInput(run: GuardedRun): RunEnd | null {
  const { verdict } = run.guard;
  const events = toEvents({ direction: "input" }, verdict);
  if (run.row().isInputTold || events.length === 0) return null;
  const patch = { isInputTold: true } as const;
  if (verdict.action !== "block") return run.commit({ patch, events }) ? null : "overtaken";
  return blockInput(run, `it holds ${labelsOf(verdict)}`, { patch, events });
}

/** Ends the task for what its input is. @param told what is written down with that. */
export function blockInput(run: Run, why: string, told: Pick<Change, "patch" | "events" | "spent">): RunEnd {
  const message = `The pack's input guardrails refused the input: ${why}.`;
  const change = failed(run.history(), { code: "INPUT_BLOCKED", message }, { ...nowOf(run), outputMaxLength: 0 });
  const events = [...(told.events ?? []), ...(change.events ?? [])];
  return end(run, { ...change, ...told, patch: { ...change.patch, ...told.patch }, events });
}

type Where =
  | { readonly direction: "input"; readonly by?: "judge" }
  | { readonly direction: "output"; readonly step: number }
  | { readonly direction: "tool" | "tool_arguments"; readonly call_id: string };

/** Empty when there is nothing to tell. */
export function toEvents(where: Where, verdict: Omit<Verdict, "text">): NewEvent[] {
  const report = reportOf(verdict);
  return report === null ? [] : [{ type: "guard.checked", data: { ...where, ...report } }];
}

/** What a turn asks tools to do with data in it. It is told and changed by nothing; who is asked before, guard-needs.ts says. */
export function argumentEvents(guardrails: AgentConfig["guardrails"], { n, toolCalls }: StepRecord): NewEvent[] {
  const rules = argumentRulesOf(guardrails);
  return toolCalls.flatMap(({ arguments: given }, index) => {
    if (given.kind !== "object") return [];
    return toEvents({ direction: "tool_arguments", call_id: callIdOf(n, index) }, checkArguments(given.value, rules));
  });
}

/** At the end of a run: what its pack asks for and nobody looked at. */
function toUncheckedEvents(unchecked: ReturnType<typeof uncheckedOf>): NewEvent[] {
  if (unchecked.not_enforced.length + unchecked.not_checked.length === 0) return [];
  return [{ type: "guard.checked", data: { direction: "output", action: "allow", findings: [], ...unchecked } }];
}

/**
 * What a tool returned is looked at as it is recorded, a failure as well: its message may be the tool's own words. It
 * passes: what it may lead to is decided elsewhere.
 */
function withSignals(change: Change, isAsked: boolean): Change {
  const { result, events = [] } = change;
  if (!isAsked || result === undefined) return change;
  // Right behind the result itself: what follows from it comes after what was found in it.
  return { ...change, events: [...events.slice(0, 1), ...toSignalEvents(result.record), ...events.slice(1)] };
}

/** What was found in a result as the model will read it. */
export const toSignalEvents = (record: CallResult): NewEvent[] =>
  toEvents(
    { direction: "tool", call_id: callIdOf(record.step, record.index) },
    checkToolResult(toModelContent(record)),
  );

/** A change that no run makes, with the output as the tenant reads it. @param input as it came. */
export function toTenant(change: Change, input: string, guardrails: AgentConfig["guardrails"]): Change {
  const { tokens } = checkInput(input, inputRulesOf(guardrails));
  return withValues(change, (text) => tokens.restore(text, isJson(guardrails)));
}

/** The output as the tenant reads it. */
function withValues(change: Change, restore: (text: string) => string): Change {
  const { patch, events } = change;
  if (typeof patch?.output !== "string") return change;
  const restoreEvent = (event: NewEvent): NewEvent =>
    typeof event.data.output === "string"
      ? { ...event, data: { ...event.data, output: restore(event.data.output) } }
      : event;
  return {
    ...change,
    patch: { ...patch, output: restore(patch.output) },
    ...(events === undefined ? {} : { events: events.map(restoreEvent) }),
  };
}
