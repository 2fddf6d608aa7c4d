/** Model servers on both wires that play the scripts of a round, and write down what they did and what they told of tokens. */
import { type Answer, TOKENS, type Tokens } from "../../case/model-wire/answer.ts";
import { anthropicWire } from "../../case/model-wire/anthropic-wire.ts";
import { openAiWire } from "../../case/model-wire/openai-wire.ts";
import { ModelServer, type Seen } from "../../case/model-wire/server.ts";
import type { Script, WireName } from "./deal.ts";
import { type MisdeedId, misdeedOf } from "./misdeeds.ts";

/** What a task's models told of it. */
export type Bill = {
  tokens: Tokens;
  /** Answers that broke off before anything was said of their tokens. */
  uncounted: number;
  /** Answers that broke off after a reader had some of their text. */
  voided: number;
};

export type Models = {
  readonly env: Readonly<Record<string, string>>;
  readonly billOf: (name: string) => Bill;
  /** How often each was done, by wire. */
  readonly done: ReadonlyMap<MisdeedId, readonly WireName[]>;
  readonly stop: () => Promise<void>;
};

const NOTHING: Tokens = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
const WIRES = { anthropic: anthropicWire, openai: openAiWire } as const;

/** @param heard resolves when the reader of a task has these words. */
export async function startModels(
  scripts: readonly Script[],
  heard: (name: string, words: string) => Promise<unknown>,
): Promise<Models> {
  const bills = new Map(
    scripts.map(({ name }): [string, Bill] => [name, { tokens: NOTHING, uncounted: 0, voided: 0 }]),
  );
  const done = new Map<MisdeedId, WireName[]>();
  const asked = new Map<string, number>();

  const choose = (wire: WireName, { body }: Seen): Answer => {
    const { script, at } = placeIn(body, scripts);
    const { name } = script;
    const turn = script.turns[at];
    if (turn === undefined) throw new Error(`${name} asked for a turn behind its end`);
    const attempt = asked.get(`${name}.${at}`) ?? 0;
    asked.set(`${name}.${at}`, attempt + 1);
    const first = turn.first[attempt];
    const id = first ?? turn.misdeed;
    if (id !== null) done.set(id, [...(done.get(id) ?? []), wire]);
    const n = first === undefined ? `${name}.${at}` : `${name}.${at}.void${attempt}`;
    const place = { n, heard: (words: string) => heard(name, words) };
    const answer = first === undefined ? turn.answer(place) : misdeedOf(first).answer(place);
    const bill = bills.get(name);
    if (bill !== undefined) charge(bill, answer, wire);
    return answer;
  };

  const servers = {
    anthropic: new ModelServer(WIRES.anthropic, (seen) => choose("anthropic", seen)),
    openai: new ModelServer(WIRES.openai, (seen) => choose("openai", seen)),
  };
  const [anthropic, openai] = await Promise.all([servers.anthropic.start(), servers.openai.start()]);
  return {
    env: {
      ...{ ANTHROPIC_API_KEY: "key", ANTHROPIC_BASE_URL: anthropic, MODEL_TIER_2: "anthropic/claude-sonnet-4-5" },
      ...{ OPENAI_API_KEY: "key", OPENAI_BASE_URL: `${openai}/v1`, MODEL_TIER_3: "openai/gpt-4o" },
    },
    billOf: (name) => bills.get(name) ?? { tokens: NOTHING, uncounted: 0, voided: 0 },
    done,
    stop: async () => void (await Promise.all([servers.anthropic.stop(), servers.openai.stop()])),
  };
}

/** Whose request it is, and how many turns of it stand: both are in the conversation, as it is on either wire. */
function placeIn(body: unknown, scripts: readonly Script[]): { readonly script: Script; readonly at: number } {
  const { messages } = body as { readonly messages: readonly { readonly role: string }[] }; // both wires have it
  const [, name] = /task (model-\d+-\d+);/.exec(JSON.stringify(messages)) ?? [];
  const script = scripts.find((one) => one.name === name);
  if (script === undefined) throw new Error("a model was asked for no task of ours");
  return { script, at: messages.filter(({ role }) => role === "assistant").length };
}

/** Anthropic's wire counts the prompt before the answer, the other one everything behind it. */
function charge(bill: Bill, answer: Answer, wire: WireName): void {
  if (answer.kind !== "stream") return;
  const isWhole = answer.end === "complete";
  if (!isWhole) bill.voided += 1;
  if (isWhole) bill.tokens = sumOf(bill.tokens, TOKENS);
  else if (wire === "anthropic") bill.tokens = sumOf(bill.tokens, { ...TOKENS, output: 1 });
  // An overload that is announced may have cost nothing.
  else if (answer.end !== "error") bill.uncounted += 1;
}

const sumOf = (a: Tokens, b: Tokens): Tokens => ({
  input: a.input + b.input,
  cacheRead: a.cacheRead + b.cacheRead,
  cacheWrite: a.cacheWrite + b.cacheWrite,
  output: a.output + b.output,
});
