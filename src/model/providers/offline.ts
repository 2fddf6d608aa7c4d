/**
 * The offline provider: plays the directives of a task's input, needs no key and no network, and says in each answer
 * that it is offline. It keeps no state: what comes next is read from the conversation, so that a resumed task goes
 * on at the right place.
 */
import type { Usage } from "../../meter/index.ts";
import { ATTEMPTS_PER_MODEL, OFFLINE_PIECES_MAX, OFFLINE_RESULT_CHARS, OFFLINE_RESULTS_CHARS } from "../limits.ts";
import type {
  Message,
  ModelRequest,
  Provider,
  ProviderContext,
  ProviderFailure,
  ProviderOutcome,
} from "../provider.ts";
import { reasonOfStatus } from "./failure.ts";
import { type Play, parseScript, type Script, type ScriptTurn } from "./script.ts";
import { parseArguments } from "./tool-call.ts";

export const OFFLINE_LINE = "This answer comes from the offline provider: no model was asked.";

export function createOfflineProvider(): Provider {
  return {
    name: "offline",
    isLocal: true,
    async complete(_model, request, context) {
      context.signal.throwIfAborted();
      const stage = stageOf(request);
      return playTurn(stage, request, context);
    },
  };
}

/** Where the conversation stands in its script. */
type Stage = {
  readonly turn: ScriptTurn;
  /** Everything the turn says, streamed piece by piece. */
  readonly text: string;
  /** Turns of the task that failed in earlier turns of the script. */
  readonly failedEarlier: number;
};

function stageOf(request: ModelRequest): Stage {
  // The last thing the user wrote is the input; what came before it is the session's past.
  const start = request.messages.findLastIndex((message) => message.role === "user");
  const input = request.messages[start];
  const since = request.messages.slice(start + 1);
  const script = parseScript(input?.role === "user" ? input.text : "");
  const index = since.filter((message) => message.role === "assistant").length;
  const turn = script.turns[index] ?? { plays: script.last, calls: [] };
  const said = turn.plays.flatMap((play) => (play.kind === "say" ? [play.text] : [])).join("\n");
  return {
    turn,
    text: turn.calls.length > 0 ? said : toAnswer(script, said, since, request),
    failedEarlier: script.turns
      .slice(0, index)
      .reduce((sum, { plays }) => sum + Math.floor(countFaults(plays) / ATTEMPTS_PER_MODEL), 0),
  };
}

const timesOf = (play: Play): number => (play.kind === "fail" ? play.times : play.kind === "cut" ? 1 : 0);
const countFaults = (plays: readonly Play[]): number => plays.reduce((sum, play) => sum + timesOf(play), 0);

async function playTurn(
  { turn, text, failedEarlier }: Stage,
  request: ModelRequest,
  context: ProviderContext,
): Promise<ProviderOutcome> {
  // Each failed turn of the task was ATTEMPTS_PER_MODEL failures here, for nothing but the script stops the router early.
  const failures =
    Math.max(0, context.priorAttempts - failedEarlier) * ATTEMPTS_PER_MODEL + Math.max(0, context.attempt - 1);
  const { from, at, fault } = findFault(turn.plays, failures);
  const inputTokens = estimateTokens(JSON.stringify([request.systemStable, request.systemVariable, request.messages]));
  const stream = new TextStream(text, context, fault?.kind === "cut" ? Math.floor(text.length / 2) : text.length);
  const { clock } = context;
  const endsAt = clock.now() + context.timeoutMs;
  for (const [index, play] of turn.plays.slice(0, at).entries()) {
    if (play.kind === "say") stream.say(play.text);
    if (play.kind !== "sleep" || index < from) continue;
    const leftMs = endsAt - clock.now();
    await clock.sleep(Math.min(play.ms, leftMs), context.signal);
    if (play.ms > leftMs) return { ok: false, error: failure("timeout", null, null) };
  }
  if (fault?.kind === "fail") return { ok: false, error: failure(reasonOfStatus(fault.status), fault.status, null) };
  stream.finish();
  if (fault !== null) return { ok: false, error: failure("cut", null, usageOf(inputTokens, stream.sent)) };
  const turnNumber = request.messages.filter((message) => message.role === "assistant").length;
  const toolCalls = turn.calls.map((call, index) => ({
    callId: `offline_${turnNumber}_${index}`,
    toolId: call.toolId,
    arguments: parseArguments(call.json),
  }));
  const output = `${text}${turn.calls.map((call) => call.toolId + call.json).join("")}`;
  const finishReason = toolCalls.length > 0 ? "tool_calls" : "stop";
  return { ok: true, value: { text, toolCalls, finishReason, usage: usageOf(inputTokens, output) } };
}

/** Streams a turn's text in order: what is said first, one @say after the other, then the rest of it. */
class TextStream {
  readonly #text: string;
  readonly #context: ProviderContext;
  readonly #limit: number;
  #position = 0;
  #saidUpTo = -1;

  /** @param limit in characters: the stream breaks there. */
  constructor(text: string, context: ProviderContext, limit: number) {
    this.#text = text;
    this.#context = context;
    this.#limit = limit;
  }

  get sent(): string {
    return this.#text.slice(0, this.#position);
  }

  say(text: string): void {
    // Lines are joined by one newline, which is streamed with the line that follows it.
    this.#saidUpTo += 1 + text.length;
    this.#streamTo(this.#saidUpTo);
  }

  finish(): void {
    this.#streamTo(this.#text.length);
  }

  #streamTo(end: number): void {
    const stop = Math.min(end, this.#limit);
    for (const piece of toPieces(this.#text.slice(this.#position, stop))) {
      this.#context.signal.throwIfAborted();
      this.#context.onText(piece);
      this.#position += piece.length;
    }
  }
}

/**
 * The fault that this attempt runs into, when the script has one left, and its place. Sleeps before `from` belong to
 * faults that are over: they are not slept again.
 */
function findFault(
  plays: readonly Play[],
  failures: number,
): { readonly from: number; readonly at: number; readonly fault: Play | null } {
  let left = failures;
  let from = 0;
  for (const [index, play] of plays.entries()) {
    const times = timesOf(play);
    if (times === 0) continue;
    if (left < times) return { from, at: index, fault: play };
    left -= times;
    from = index + 1;
  }
  return { from, at: plays.length, fault: null };
}

const failure = (reason: ProviderFailure["reason"], status: number | null, usage: Usage | null): ProviderFailure => ({
  reason,
  status,
  retryAfterMs: null,
  detail: `offline plays ${status ?? reason}`,
  usage,
});

/** Words with the space that follows them; in longer pieces when there are very many. */
function toPieces(text: string): string[] {
  const words = text.match(/\s*\S+\s*|\s+/g) ?? [];
  const size = Math.ceil(words.length / OFFLINE_PIECES_MAX);
  const pieces: string[] = [];
  for (let start = 0; start < words.length; start += size) pieces.push(words.slice(start, start + size).join(""));
  return pieces;
}

/** A deterministic estimate, four characters to a token: nothing is counted here, and nothing is charged. */
const estimateTokens = (text: string): number => Math.ceil(text.length / 4);

const usageOf = (inputTokens: number, output: string): Usage => ({
  inputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: estimateTokens(output),
});

function toAnswer(script: Script, said: string, since: readonly Message[], request: ModelRequest): string {
  const results = since.flatMap((message) => (message.role === "tool" ? [message] : []));
  const parts = [
    script.isEmpty ? introduce(request) : said,
    listResults(results),
    script.faults.length > 0 ? `Not played:\n${script.faults.join("\n")}` : "",
  ].filter((part) => part !== "");
  if (parts.length === 0) parts.push("The script has been played.");
  return [...parts, OFFLINE_LINE].join("\n\n");
}

function introduce({ agent, messages }: ModelRequest): string {
  const input = messages.findLast((message) => message.role === "user");
  const line = input?.role === "user" ? (input.text.split(/\r?\n/).find((text) => text.trim() !== "") ?? "") : "";
  return `I am ${agent.name}, ${agent.role}. My goal: ${agent.goal}\nYou asked: ${line.trim()}`;
}

function listResults(results: readonly (Message & { readonly role: "tool" })[]): string {
  if (results.length === 0) return "";
  const lines = results.map(({ toolId, content, isError }, index) => {
    const shown = content.length > OFFLINE_RESULT_CHARS ? `${content.slice(0, OFFLINE_RESULT_CHARS)}…` : content;
    return `${index + 1}. ${toolId}${isError ? " failed" : ""}: ${shown}`;
  });
  const list = lines.join("\n");
  const shown = list.length > OFFLINE_RESULTS_CHARS ? `${list.slice(0, OFFLINE_RESULTS_CHARS)}…` : list;
  return `Tool results:\n${shown}`;
}
