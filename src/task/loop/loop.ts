/**
 * One run of a task, from where its history stands to an end, a pause or a handover: decide, act, commit, again.
 * It stores nothing itself: every effect goes through `commit`, which refuses when this run is no longer the one
 * that counts, and a refused commit ends the run at once.
 */

import { addCharge, type Charge, NO_USAGE, toCost, untoldCall } from "../../meter/index.ts";
import type { TurnFailure } from "../../model/index.ts";
import { Canceller } from "../../platform/index.ts";
import { noteOf } from "../../tool/index.ts";
import { askAboutAnswer, mustAsk, settleLapse, useApproval } from "../guarded/answer-approval.ts";
import { judgeAnswer, mustJudge } from "../guarded/answer-judge.ts";
import { admitInput, argumentEvents, type GuardedRun } from "../guarded/guarded.ts";
import { judgeInput } from "../guarded/judge.ts";
import type { NewEvent } from "../journal/frames.ts";
import { type CallResult, callIdOf, type StepRecord, spentOf, toMessages } from "../journal/history.ts";
import { TURN_OUTPUT_TOKENS_MAX, TURN_TIMEOUT_MS } from "../limits.ts";
import { positionBefore } from "../sop/sop.ts";
import { unmarkedOf } from "./broken-call.ts";
import { createBudgetCheck } from "./budget.ts";
import { deadlineOf, workedMs } from "./deadline.ts";
import { nextAction, type RunLimits } from "./decide.ts";
import { deadlineExceeded, failed, finished, turnFailed, usageView } from "./outcome.ts";
import { rememberOutput, toPastMessages } from "./recall.ts";
import { childTraceOf, end, familyOf, hasTimeFor, nowOf, type Run, type RunEnd } from "./run.ts";
import { leaveFiles } from "./session-files.ts";
import { TextBuffer } from "./text-buffer.ts";
import { callTools } from "./tool-calls.ts";

class OutputTooLong extends Error {
  override name = "OutputTooLong";
}
class TurnTimeout extends Error {
  override name = "TurnTimeout";
}
class Overtaken extends Error {
  override name = "Overtaken";
}

export async function runTask(run: GuardedRun): Promise<RunEnd> {
  const limits = {
    maxSteps: run.config.guardrails.behavioral.max_autonomous_steps,
    outputMaxLength: run.config.guardrails.output.max_length,
    findFaults: run.guard.findFaults,
  };
  const refused = admitInput(run) ?? (await judgeInput(run));
  if (refused !== null) return refused;
  const nextStep = new NextStep(run, limits);
  // Each turn of this loop takes a step further or ends, so maxSteps bounds it; the factor covers tool phases.
  for (let turns = 0; turns <= 2 * limits.maxSteps + 2; turns++) {
    if (run.signal.aborted || !settleDeadline(run) || !settleLapse(run)) return "overtaken";
    if (run.services.clock.now() >= run.row().deadlineAt) return end(run, deadlineExceeded(run.history(), nowOf(run)));
    const action = nextAction(run.history(), limits);
    switch (action.kind) {
      case "finish": {
        const stop = mustJudge(run, action.answer) ? await judgeAnswer(run, action.answer) : null;
        if (stop !== null) return stop;
        // What the judge said may send the answer back.
        if (nextAction(run.history(), limits).kind !== "finish") break;
        return mustAsk(run, action.answer) ? askAboutAnswer(run, action.answer) : finish(run, action.answer);
      }
      case "fail":
        return end(
          run,
          failed(run.history(), action.error, { ...nowOf(run), outputMaxLength: limits.outputMaxLength }),
        );
      case "call_model": {
        if (!hasTimeFor(run, TURN_TIMEOUT_MS)) return "handover";
        if (!nextStep.begin(action.step)) return "overtaken";
        const stop = await callModel(run, action.step, limits.outputMaxLength);
        if (stop !== null) return stop;
        break;
      }
      case "call_tools": {
        const stop = await callTools(run, action.step, action.calls, (result) => nextStep.after(result));
        if (stop !== null) return stop;
        break;
      }
    }
  }
  return "handover";
}

/** Says that a step begins, once: in the commit of the result before it where that is known by then, or in one of its own. */
class NextStep {
  readonly #run: Run;
  readonly #limits: RunLimits;
  #told: number | null = null;

  constructor(run: Run, limits: RunLimits) {
    this.#run = run;
    this.#limits = limits;
  }

  /** What follows from a result that is about to be committed. */
  after(result: CallResult): NewEvent[] {
    const { steps, results, spent } = this.#run.history();
    const action = nextAction({ steps, results: [...results, result], spent }, this.#limits);
    if (action.kind !== "call_model" || !hasTimeFor(this.#run, TURN_TIMEOUT_MS)) return [];
    this.#told = action.step;
    return [this.#event(action.step)];
  }

  /** False when the run was overtaken. */
  begin(step: number): boolean {
    return this.#told === step || this.#run.commit({ events: [this.#event(step)] });
  }

  #event(step: number): NewEvent {
    return { type: "step.started", data: { step, attempt: this.#run.row().attempt } };
  }
}

async function finish(run: GuardedRun, answer: StepRecord): Promise<RunEnd> {
  const { output, events, remembered } = run.guard.conclude(answer);
  await Promise.all([rememberOutput(run, remembered), leaveFiles(run)]);
  const change = finished(run.history(), { output, finishReason: answer.finishReason }, nowOf(run));
  return end(run, { ...change, ...useApproval(run, answer.n), events: [...events, ...(change.events ?? [])] });
}

/** The deadline as the procedure in progress has it. False when the run was overtaken. */
function settleDeadline(run: Run): boolean {
  const row = run.row();
  const position = positionBefore(run.history(), run.config.workflow.sop, Number.POSITIVE_INFINITY);
  const deadlineAt = deadlineOf(row, position);
  return deadlineAt === row.deadlineAt || run.commit({ patch: { deadlineAt }, due: { deadline: deadlineAt } });
}

/** One model turn: null when it was committed and the run goes on. */
async function callModel(run: GuardedRun, step: number, outputMaxLength: number): Promise<RunEnd | null> {
  const { clock } = run.services;
  const limit = new Canceller();
  const done = new Canceller();
  const onAbort = () => limit.abort(run.signal.reason);
  if (run.signal.aborted) onAbort();
  run.signal.addEventListener("abort", onAbort, { once: true });
  const text = new TextBuffer(clock, run.audience, (piece) => {
    try {
      const isOurs = run.commit({ events: [textDelta(step, piece)] });
      if (!isOurs) limit.abort(new Overtaken("this run does not count any more"));
    } catch (thrown) {
      // A timer may have called: what broke the write has to break the turn, not vanish in the timer.
      limit.abort(thrown);
    }
  });
  run.audience.onArrival(() => text.flush());
  let length = 0;
  let shown = run.guard.openText();
  clock.sleep(TURN_TIMEOUT_MS, done.signal).then(
    () => limit.abort(new TurnTimeout("the turn took too long")),
    () => undefined, // The turn ended in time.
  );
  // What the turn has cost at most, should it throw: its failed attempts, and the one under way.
  let atMost: Charge = untoldCall(null);
  try {
    const request = requestOf(run);
    const ask = createBudgetCheck({ ...run, log: run.services.log, family: () => familyOf(run) }, request);
    const outcome = await run.services.router.complete(request, {
      tenant: run.row().request.tenant,
      tier: run.row().request.tier,
      priorAttempts: run.row().attempt,
      signal: limit.signal,
      clock,
      traceparent: childTraceOf(run.row()),
      checkBudget: async ({ model, ...charge }) => {
        const answer = await ask({ model, ...charge });
        if (typeof answer !== "string") atMost = addCharge(charge, untoldCall(answer));
        return answer;
      },
      onText: (piece) => {
        length += piece.length;
        if (length > outputMaxLength) limit.abort(new OutputTooLong("the answer is too long"));
        else text.push(shown.push(piece));
      },
      onReset: ({ model, failure }) => {
        const hadText = text.hasWritten;
        text.reset();
        shown = run.guard.openText();
        length = 0;
        if (hadText) run.commit({ events: [{ type: "text.reset", data: { step, model, reason: failure } }] });
      },
    });
    if (!outcome.ok) return endTurn(run, outcome.error, text, step, outputMaxLength);
    const { reply, model } = outcome.value;
    const spent = spentOf(outcome.value);
    if (reply.text === "" && reply.toolCalls.length === 0 && reply.finishReason === "stop") {
      const empty = { ...noTurn("PROVIDER_ERROR", "The model gave an empty answer."), ...spent };
      return endTurn(run, empty, text, step, outputMaxLength);
    }
    const times = {
      replayed: false,
      workedMs: workedMs(run.row(), clock.now()),
      ...unmarkedOf(run.catalog, reply.toolCalls),
    };
    const checked = run.guard.checkReply(step, reply.text);
    const held = run.guard.isHeld ? ({ isHeld: true } as const) : {};
    const record: StepRecord = { n: step, ...reply, text: checked.text, model, ...spent, ...times, ...held };
    return commitStep(run, record, text.take() + shown.finish(), checked.events);
  } catch (thrown) {
    if (run.signal.aborted || thrown instanceof Overtaken) return "overtaken";
    if (thrown instanceof OutputTooLong) return endTooLong(run, { text, step, outputMaxLength, atMost });
    if (!(thrown instanceof TurnTimeout)) throw thrown;
    const late = { ...noTurn("PROVIDER_ERROR", "The model took too long to answer."), ...toCost(atMost) };
    return endTurn(run, late, text, step, outputMaxLength);
  } finally {
    done.abort();
    run.signal.removeEventListener("abort", onAbort);
    run.audience.onArrival(null);
    text.take();
  }
}

const textDelta = (step: number, text: string) => ({ type: "text.delta", data: { step, text } });

const noTurn = (code: TurnFailure["code"], message: string): TurnFailure => ({
  kind: "attempt",
  code,
  message,
  retryAfterMs: null,
  usage: NO_USAGE,
  // The provider may have counted tokens that it did not tell us of: unknown, not nothing.
  costMicros: null,
});

function requestOf(run: GuardedRun) {
  const { soul, role } = run.config;
  return {
    systemStable: run.prompt,
    systemVariable: noteOf(run.remote),
    messages: [
      ...toPastMessages(run.recalled),
      ...run.guard.markMessages(toMessages(run.guard.verdict.text, run.history(), run.guard.replyTo)),
    ],
    tools: run.catalog.offered,
    maxOutputTokens: TURN_OUTPUT_TOKENS_MAX,
    agent: { name: soul.identity.name, role: role.title, goal: role.goal.primary },
  };
}

function endTurn(run: Run, failure: TurnFailure, text: TextBuffer, step: number, outputMaxLength: number): RunEnd {
  const change = turnFailed(run.history(), failure, {
    ...nowOf(run),
    attempt: run.row().attempt,
    random: run.services.random,
    outputMaxLength,
    voidStep: text.hasWritten ? step : null,
  });
  return end(run, change);
}

/** The text so far is an answer that nobody may use: it is kept, cut to the limit, beside the error. */
function endTooLong(
  run: Run,
  turn: { readonly text: TextBuffer; readonly step: number; readonly outputMaxLength: number; readonly atMost: Charge },
): RunEnd {
  const { text, step, outputMaxLength, atMost } = turn;
  const rest = text.take();
  const error = {
    code: "OUTPUT_TOO_LONG",
    message: `The answer is longer than the ${outputMaxLength} characters the pack allows.`,
  } as const;
  const change = failed(run.history(), error, { ...nowOf(run), outputMaxLength });
  const events = [...(rest === "" ? [] : [textDelta(step, rest)]), ...(change.events ?? [])];
  return end(run, { ...change, events, spent: { usage: NO_USAGE, ...toCost(atMost) } });
}

/** The reply and the intents of its calls, in one transaction, before anything of it is acted on. */
function commitStep(run: Run, record: StepRecord, rest: string, verdict: readonly NewEvent[]): RunEnd | null {
  const calls = record.toolCalls.map((call, index) => ({
    type: "tool.call",
    data: {
      call_id: callIdOf(record.n, index),
      tool_id: call.toolId,
      tool_name: run.catalog.nameOf(call.toolId),
      arguments:
        call.arguments.kind === "object" ? call.arguments.value : { malformed: call.arguments.raw.slice(0, 2_000) },
    },
  }));
  const events = [
    ...(rest === "" ? [] : [textDelta(record.n, rest)]),
    ...calls,
    ...argumentEvents(run.config.guardrails, record),
    ...verdict,
    {
      type: "step.finished",
      data: {
        step: record.n,
        model: record.model,
        finish_reason: record.finishReason,
        ...usageView({ steps: [record], results: [], spent: [] }),
      },
    },
  ];
  return run.commit({ step: record, events }) ? null : "overtaken";
}
