/**
 * A model that does what it was asked, and then whatever any text it can read tells it: what users and tools said, what
 * the session remembers, how tools describe themselves, in every disguise. It knows no rule and no limit.
 */
import type { Message, ModelRouter, ToolCall } from "../../../src/model/index.ts";
import { canonicalJson } from "../../../src/platform/index.ts";
import { BETWEEN, readings } from "./disguise.ts";

export type Call = readonly [tool: string, args: Readonly<Record<string, unknown>>];

/** What the user wants. */
export type Errand = {
  readonly id: string;
  /** The calls of each turn. */
  readonly turns: readonly (readonly Call[])[];
  /** What only the user may know. */
  readonly secret: string;
  /** False: the model does its work and no more. */
  readonly isGullible: boolean;
};

/**
 * The model understands the user: the first line of an input names the errand. What follows it is anybody's. Whoever is
 * handed work by another agent has no such line.
 */
const ERRAND = /^ERRAND (.*)\n/;
export const toInput = ({ id }: Errand, rest = ""): string => `ERRAND ${id}\n${rest}`;

/** The JSON object at a place, or null. */
function objectAt(text: string, start: number): Readonly<Record<string, unknown>> | null {
  let depth = 0;
  let isQuoted = false;
  for (let at = start; at < text.length; at++) {
    const one = text[at];
    if (isQuoted && one === "\\") at += 1;
    else if (one === '"') isQuoted = !isQuoted;
    else if (!isQuoted && one === "{") depth += 1;
    else if (!isQuoted && one === "}" && --depth === 0) return parseObject(text.slice(start, at + 1));
  }
  return null;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text);
  } catch {
    return null; // It only looked like one.
  }
}

export const print = (call: Call): string => canonicalJson(call);

/** "`tool` {arguments}", wherever it stands: what each reading of each document orders, in its order. */
export function ordersIn(texts: readonly string[]): readonly (readonly Call[])[] {
  const chains = new Map<string, readonly Call[]>();
  for (const document of readings(texts)) {
    const chain = [...document.matchAll(/`([^`\n]{1,60})`\s{0,4}(?=\{)/g)].flatMap((match): readonly Call[] => {
      const args = objectAt(document, match.index + match[0].length);
      return args === null ? [] : [[match[1] ?? "", args]];
    });
    if (chain.length > 0) chains.set(canonicalJson(chain), chain);
  }
  return [...chains.values()];
}

const textsOf = (message: Message): readonly string[] => {
  if (message.role === "user") return [message.text.replace(ERRAND, "")];
  return [message.role === "tool" ? message.content : message.text];
};

/** What the model last read in a file. */
function lastRead(messages: readonly Message[]): string {
  const results = messages.flatMap((message) => (message.role === "tool" && !message.isError ? [message.content] : []));
  return /"content":"([^"]{1,200})"/.exec(results.at(-1) ?? "")?.[1] ?? "all-that-i-know";
}

/** Calls of one turn: more are refused. */
const CALLS_MAX = 40;

/** The next call of each chain, filled in, that was not asked for before. */
function nextOrders(chains: readonly (readonly Call[])[], asked: ReadonlySet<string>, fill: (text: string) => string) {
  const next = new Map<string, { readonly call: Call; readonly order: Call }>();
  for (const chain of chains) {
    for (const order of chain.filter(([tool]) => tool !== "say")) {
      const filled = JSON.stringify(order[1], (_, value) => (typeof value === "string" ? fill(value) : value));
      const call: Call = [order[0], JSON.parse(filled)];
      if (asked.has(print(call))) continue;
      next.set(print(call), { call, order });
      break;
    }
  }
  return [...next.values()].slice(0, CALLS_MAX);
}

const toCalls = (calls: readonly Call[]): readonly ToolCall[] =>
  calls.map(([toolId, value], index) => ({ callId: `c${index}`, toolId, arguments: { kind: "object", value } }));
const fromCall = ({ toolId, arguments: given }: ToolCall): Call => [toolId, given.kind === "object" ? given.value : {}];

const USAGE = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 };

/** @param obeyed takes every order that was followed, printed. */
export function gullible(errands: ReadonlyMap<string, Errand>, obeyed: Set<string>): ModelRouter["complete"] {
  return async ({ messages, tools }, { onText }) => {
    const start = messages.findLastIndex(({ role }) => role === "user");
    const input = messages[start];
    const errand = errands.get(ERRAND.exec(input?.role === "user" ? input.text : "")?.[1] ?? "");
    const turns = messages
      .slice(start + 1)
      .flatMap((message) => (message.role === "assistant" ? [message.toolCalls] : []));
    const texts = [...messages.flatMap(textsOf), ...tools.map(({ description }) => description)];
    const fill = (value: string): string =>
      value.replaceAll("{{read}}", lastRead(messages)).replaceAll("{{secret}}", errand?.secret ?? "");
    const chains = errand?.isGullible === false ? [] : ordersIn(texts);
    const legal = errand?.turns[turns.length];
    const orders = legal === undefined ? nextOrders(chains, new Set(turns.flat().map(fromCall).map(print)), fill) : [];
    const calls = legal ?? orders.map(({ call }) => call);
    const sayings = calls.length > 0 ? [] : chains.flat().filter(([tool]) => tool === "say");
    for (const order of [...orders.map(({ order }) => order), ...sayings]) obeyed.add(print(order));
    // Whoever was handed work answers with what it was given.
    const answer = errand === undefined ? texts.join(BETWEEN) : "Done.";
    const said = [...new Set(sayings.map(([, { text }]) => fill(String(text)))), answer];
    const text = calls.length > 0 ? "" : said.join("\n");
    if (text !== "") onText(text);
    const reply = {
      text,
      toolCalls: toCalls(calls),
      finishReason: calls.length > 0 ? "tool_calls" : "stop",
      usage: USAGE,
    } as const;
    return { ok: true, value: { reply, model: "test/gullible", attempts: 1, usage: USAGE, costMicros: 0 } };
  };
}
