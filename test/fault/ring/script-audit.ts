/** What must hold of a task whose models misbehaved, read through the public API and at the service that its calls ask. */

import type { TaskEvent } from "../../../src/task/index.ts";
import { parseFrames } from "../../../src/task/journal/frames.ts";
import type { Script } from "./deal.ts";
import type { Bill } from "./models.ts";
import type { Done } from "./service.ts";

/** What the API shows of a task, as far as it is looked at. */
export type View = {
  readonly state: string;
  readonly finish_reason: string | null;
  readonly error: { readonly code: string } | null;
  readonly steps_taken: number;
  readonly usage: Readonly<Record<string, number>>;
  readonly cost_usd: string | null;
};

export type Played = {
  readonly script: Script;
  readonly view: View;
  /** As a reader was sent them while they came, and as they are kept. */
  readonly live: string;
  readonly kept: string;
  readonly bill: Bill;
};

const ENDS: readonly string[] = ["task.done", "task.failed", "task.cancelled", "task.dead_letter"];

/** @returns what was wrong. */
export function auditPlayed(played: Played): string[] {
  const { script, view, live, kept } = played;
  const events = parseFrames(kept);
  const ends = events.filter(({ type }) => ENDS.includes(type)).map(({ type }) => type);
  const end = `${view.state} ${view.error?.code ?? view.finish_reason}`;
  return [
    ...(end === script.end && ends.join() === `task.${view.state}` ? [] : [`I1: it ended ${end} (${ends.join(", ")})`]),
    ...(events.some(({ seq }, at) => seq !== at + 1) ? ["I10: its events have a gap"] : []),
    ...(live === kept ? [] : ["I10: a reader was sent something else than what is kept"]),
    ...auditTurns(script, view, events),
    ...auditVoid(played, events),
    ...auditCharges(played),
  ].map((fault) => `${script.name}, which should end ${script.end}: ${fault}`);
}

/** I3: each turn that stands, once, in the words of its model, with the results that its calls can have. */
function auditTurns({ name, turns }: Script, view: View, events: readonly TaskEvent[]): string[] {
  const standing = turns.flatMap(({ answer, results }, at) =>
    results === null ? [] : [{ results, text: textOf(answer({ n: `${name}.${at}`, heard: nobody })) }],
  );
  const texts = textsIn(events);
  const faults = standing.flatMap(({ results, text }, step) => {
    const found = resultsOf(events, step);
    return [
      ...(texts.get(step) === text ? [] : [`I10: turn ${step} reads ${JSON.stringify(texts.get(step))}`]),
      ...(found.join() === results.join() ? [] : [`I3: the calls of turn ${step} came to ${found.join(", ")}`]),
    ];
  });
  const isBeyond = [...texts].some(([step, text]) => step >= standing.length && text !== "");
  return [
    ...faults,
    ...(isBeyond ? ["I10: text of a turn that does not stand was not taken back"] : []),
    ...(view.steps_taken === standing.length ? [] : [`I3: it took ${view.steps_taken} steps, not ${standing.length}`]),
  ];
}

const nobody = async (): Promise<void> => undefined;

const textOf = (answer: ReturnType<Script["turns"][number]["answer"]>): string =>
  answer.kind === "stream" ? answer.parts.map((part) => (part.kind === "text" ? part.text : "")).join("") : "";

/** As a reader puts it together, by step. */
function textsIn(events: readonly TaskEvent[]): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  for (const { type, data } of events) {
    const step = Number(data.step);
    if (type === "text.delta") texts.set(step, `${texts.get(step) ?? ""}${String(data.text)}`);
    if (type === "text.reset") texts.set(step, "");
  }
  return texts;
}

/** In the order of the calls: those of one turn run side by side. */
function resultsOf(events: readonly TaskEvent[], step: number): string[] {
  const found = events.flatMap(({ type, data }) => {
    const [at, index] = String(data.call_id).split(".").map(Number);
    return type === "tool.result" && at === step ? [{ index: index ?? 0, code: codeOf(data) }] : [];
  });
  return found.sort((a, b) => a.index - b.index).map(({ code }) => code);
}

const codeOf = ({ error }: TaskEvent["data"]): string =>
  typeof error === "object" && error !== null ? String(Reflect.get(error, "code")) : "ok";

/** Each answer that broke off after its reader had text of it was taken back. */
function auditVoid({ bill }: Played, events: readonly TaskEvent[]): string[] {
  const resets = events.filter(({ type }) => type === "text.reset").length;
  return resets === bill.voided
    ? []
    : [`I10: ${bill.voided} answers broke off, and text was taken back ${resets} times`];
}

/** I5: every token that a model told, also of an answer that broke off; a cost that nobody told is unknown and not low. */
function auditCharges({ view: { usage, cost_usd: cost }, bill: { tokens, uncounted } }: Played): string[] {
  const told = [tokens.input, tokens.cacheRead, tokens.cacheWrite, tokens.output].join(" ");
  const { input_tokens, cache_read_tokens, cache_write_tokens, output_tokens } = usage;
  const counted = [input_tokens, cache_read_tokens, cache_write_tokens, output_tokens].join(" ");
  const isPriced = uncounted > 0 ? cost === null : cost !== null && Number(cost) > 0 === tokens.input > 0;
  return [
    ...(counted === told ? [] : [`I5: its models told ${told} tokens, and ${counted} were counted`]),
    ...(isPriced ? [] : [`I5: it cost ${cost}, with ${uncounted} answers of unknown cost`]),
  ];
}

/** I3: each effect that a standing turn asked for, once; nothing that was asked for in an answer that does not stand. */
export function auditEffects(scripts: readonly Script[], done: readonly Done[]): string[] {
  const asked = scripts.flatMap(effectsOf).sort();
  const made = done.map(({ n }) => n).sort();
  if (asked.join() === made.join()) return [];
  const missing = asked.filter((n) => !made.includes(n));
  const more = made.filter((n, at) => !asked.includes(n) || made.indexOf(n) !== at);
  return [
    `I3: not done: ${missing.join(", ") || "nothing"}; done without reason, or again: ${more.join(", ") || "nothing"}`,
  ];
}

export function effectsOf({ name, turns }: Script): string[] {
  return turns.flatMap(({ answer, results }, at) => {
    const reply = answer({ n: `${name}.${at}`, heard: nobody });
    const calls = reply.kind === "stream" ? reply.parts.filter((part) => part.kind === "call") : [];
    return calls.flatMap(({ name: tool, pieces }, index) =>
      results?.[index] === "ok" && tool.startsWith("svc__") ? [(JSON.parse(pieces.join("")) as { n: string }).n] : [],
    );
  });
}
