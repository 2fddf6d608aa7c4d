/** The model's provider of a simulated world: plays the program that the task's input names, and fails as providers do. */
import type { ModelReply, Provider, ProviderFailure, ProviderOutcome, ToolCall } from "../../src/model/index.ts";
import type { Random } from "../../src/platform/index.ts";
import type { FaultId } from "./catalogue.ts";
import type { Faults } from "./faults.ts";
import type { Witness } from "./ledger.ts";
import type { Life } from "./life.ts";
import { type Call, type Program, programIdOf } from "./program.ts";

type ModelRequest = Parameters<Provider["complete"]>[1];

export type ModelPorts = {
  readonly programs: ReadonlyMap<string, Program>;
  readonly witness: Witness;
  readonly faults: Faults;
  readonly random: Random;
  /** The world's clock. */
  readonly now: () => number;
  /** No provider answers. */
  readonly isDown: () => boolean;
};

const USAGE = { inputTokens: 1_000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 100 };
const MINUTE_MS = 60_000;

export function createModelPort(ports: ModelPorts, life: Life): Provider {
  return {
    name: "anthropic",
    complete: async (_model, request, { signal, onText }) => {
      const { clock } = life;
      const first = request.messages.find(({ role }) => role === "user");
      const program = ports.programs.get(programIdOf(first?.role === "user" ? first.text : "") ?? "");
      if (program === undefined) throw new Error("a model was asked without a program");
      ports.witness.starts.push({
        what: "model",
        at: ports.now(),
        taskId: null,
        programId: program.id,
        life: life.name,
      });
      const prompts = ports.witness.prompts.get(program.id) ?? new Set();
      ports.witness.prompts.set(program.id, prompts.add(request.systemStable));
      const answer = await life.ask("model", () => answerOf(ports, program, request), { signal });
      for (const piece of answer.pieces) {
        await clock.sleep(piece.afterMs, signal);
        if (piece.text !== "") onText(piece.text);
      }
      return answer.outcome;
    },
  };
}

type Piece = { readonly afterMs: number; readonly text: string };
type Answer = { readonly pieces: readonly Piece[]; readonly outcome: ProviderOutcome };

const failure = (reason: ProviderFailure["reason"], more: Partial<ProviderFailure> = {}): ProviderOutcome => ({
  ok: false,
  error: { reason, status: null, retryAfterMs: null, detail: "as the simulation says", usage: null, ...more },
});

/** 429 to 413, and whether time mends it. */
const REFUSALS = [
  failure("rate_limited", { status: 429, retryAfterMs: 3_000 }),
  failure("rate_limited", { status: 429 }),
  failure("overloaded", { status: 529 }),
  failure("server", { status: 500 }),
  failure("spend_limit", { status: 402 }),
  failure("auth", { status: 401 }),
  failure("context_too_long", { status: 413 }),
] as const;
/** Of all refusals, so many are for good: the rest would hardly be seen otherwise. */
const FINAL_SHARE = 0.08;

function answerOf(ports: ModelPorts, program: Program, request: ModelRequest): Answer {
  const { faults, random } = ports;
  const reply = replyOf(program, request);
  const pieces = piecesOf(reply.text, program, random);
  const failed = (outcome: ProviderOutcome, told: readonly Piece[] = []): Answer => {
    if (!outcome.ok) note(ports, program, outcome.error);
    return { pieces: told, outcome };
  };
  if (ports.isDown()) {
    faults.hit(38);
    return failed(failure("connect"));
  }
  if (faults.strikes(31, 0.15)) {
    const isFinal = random() < FINAL_SHARE;
    const all = isFinal ? REFUSALS.slice(4) : REFUSALS.slice(0, 4);
    return failed(all[Math.floor(random() * all.length)] ?? REFUSALS[0]);
  }
  if (faults.strikes(32, 0.1)) {
    if (random() < 0.5) return failed(failure("connect"), [{ afterMs: 10_000, text: "" }]);
    return failed(failure("timeout", { usage: USAGE }), [...pieces.slice(0, 1), { afterMs: MINUTE_MS, text: "" }]);
  }
  if (faults.strikes(33, 0.1))
    return failed(failure("cut", { usage: USAGE }), pieces.slice(0, Math.ceil(pieces.length / 2)));
  ports.witness.bills.push({ programId: program.id, inputTokens: USAGE.inputTokens, outputTokens: USAGE.outputTokens });
  for (const id of oddities(program, reply)) faults.hit(id);
  if (reply.finishReason === "stop" && reply.text === "") note(ports, program, { reason: "empty", usage: USAGE });
  return { pieces, outcome: { ok: true, value: reply } };
}

/** Faults of the catalogue that a reply is by itself. */
function oddities({ pack, spice, ending }: Program, { toolCalls, text, finishReason }: ModelReply): FaultId[] {
  const isMalformed = toolCalls.some((call) => call.arguments.kind === "malformed");
  const isOdd = toolCalls.some(({ toolId }) => toolId === TOOL_IDS.unknown) || toolCalls.length >= 50;
  const isPointless = ending === "circle" || finishReason === "refusal" || (text === "" && toolCalls.length === 0);
  return [
    ...(pack === "slow" ? [12 as const] : []),
    ...(isMalformed ? [finishReason === "max_tokens" ? (35 as const) : (34 as const)] : []),
    ...(isOdd ? [36 as const] : []),
    ...(isPointless ? [37 as const] : []),
    ...(spice === "" ? [] : [46 as const]),
  ];
}

function note(
  { witness }: ModelPorts,
  program: Program,
  { reason, usage }: { readonly reason: string; readonly usage: typeof USAGE | ProviderFailure["usage"] },
): void {
  witness.failures.set(program.id, [...(witness.failures.get(program.id) ?? []), reason]);
  // What a cut or stalled answer had cost is told, and charged.
  if (usage !== null && reason !== "empty") {
    witness.bills.push({ programId: program.id, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens });
  }
}

function piecesOf(text: string, program: Program, random: Random): Piece[] {
  const thinking: Piece = { afterMs: program.pack === "slow" ? 9 * MINUTE_MS : random() * 400, text: "" };
  const half = Math.ceil(text.length / 2);
  const parts = [text.slice(0, half), text.slice(half)].filter((part) => part !== "");
  return [thinking, ...parts.map((part) => ({ afterMs: random() * 200, text: part }))];
}

/** The turn that the conversation has come to. */
function replyOf(program: Program, { messages }: ModelRequest): ModelReply {
  const from = messages.findLastIndex(({ role }) => role === "user");
  const at = messages.slice(from).filter(({ role }) => role === "assistant").length;
  const turn = program.turns[at];
  const told = turn ?? { calls: [], text: "" };
  if (turn === undefined) return lastReply(program, messages);
  const toolCalls = told.calls.map(toToolCall);
  const isCut = told.calls.some(({ kind }) => kind === "cut");
  return { text: told.text, toolCalls, finishReason: isCut ? "max_tokens" : "tool_calls", usage: USAGE };
}

function lastReply(program: Program, messages: ModelRequest["messages"]): ModelReply {
  switch (program.ending) {
    case "empty":
      return { text: "", toolCalls: [], finishReason: "stop", usage: USAGE };
    case "refusal":
      return { text: "I will not.", toolCalls: [], finishReason: "refusal", usage: USAGE };
    case "circle": {
      const call = toToolCall({ kind: "read", n: 0, word: "approve", child: null }, 0);
      return { text: "", toolCalls: [call], finishReason: "tool_calls", usage: USAGE };
    }
    case "answer":
      return {
        text: `${program.id} saw ${sawOf(messages)}${program.spice}`,
        toolCalls: [],
        finishReason: "stop",
        usage: USAGE,
      };
  }
}

/** How many results the model was shown, and how many of them were errors. */
const sawOf = (messages: ModelRequest["messages"]): string => {
  const results = messages.filter((message) => message.role === "tool");
  return `${results.length} results, ${results.filter(({ isError }) => isError).length} errors`;
};

const TOOL_IDS: Readonly<Record<Call["kind"], string>> = {
  ...{ read: "svc__read", keyed: "svc__keyed", write: "svc__write", pay: "risky__pay", hand: "handoff" },
  ...{ malformed: "svc__write", cut: "svc__write", unknown: "svc__nothing" },
};

function toToolCall({ kind, n, child }: Call, index: number): ToolCall {
  // Equal ids on purpose: a call is told apart by its place.
  const call = { callId: index % 7 === 6 ? "c0" : `c${index}`, toolId: TOOL_IDS[kind] };
  if (kind === "malformed" || kind === "cut") {
    return { ...call, arguments: { kind: "malformed", raw: `{"n":${n}`, problem: "the text ends too early" } };
  }
  const value = kind === "hand" ? { agent: child?.pack ?? "none", input: `program ${child?.id ?? "none"};` } : { n };
  return { ...call, arguments: { kind: "object", value } };
}
