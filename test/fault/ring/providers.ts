/**
 * Model servers that misbehave in every way of the catalogue, on both wires, against live processes: in each round a new one,
 * whose breakers know nothing of the rounds before. Every task ends as what its models answered allows, and leaves no trace of what was void.
 */
import { setTimeout as pass } from "node:timers/promises";
import { seeded } from "../../../scripts/draw.ts";
import { freePort } from "../../flow/server.ts";
import type { FaultId } from "../catalogue.ts";
import { emptyVerdict } from "../verdict.ts";
import { read } from "./cut-reader.ts";
import { deal, type Script, TENANTS, type WireName } from "./deal.ts";
import type { Run } from "./kill.ts";
import { type Live, publishRing, runRing, withLive } from "./live.ts";
import { ask } from "./load.ts";
import { type MisdeedId, misdeedIds, misdeedOf } from "./misdeeds.ts";
import { type Models, startModels } from "./models.ts";
import { auditEffects, auditPlayed, effectsOf, type Played, type View } from "./script-audit.ts";
import { packAsking, startService } from "./service.ts";

/** @param longRounds of the rounds, so many deal what takes a minute, too. */
export type ProvidersPlan = {
  readonly seed: number;
  readonly rounds: number;
  readonly longRounds: number;
  readonly tasks: number;
};

/** A model whose server cannot be reached: the first of some tasks. */
const NOBODY = "ollama/nobody";
/** After this an answer breaks off whether its reader had its text or not, and the audit says so. */
const HEARD_MS_MAX = 20_000;
const HEARD_LOOK_MS = 20;

type Round = {
  readonly played: readonly Played[];
  readonly wrong: readonly string[];
  readonly done: Models["done"];
  readonly unreachable: number;
};

export async function misbehaveAgainAndAgain({ seed, rounds, longRounds, tasks }: ProvidersPlan): Promise<Run> {
  const random = seeded(seed);
  const all: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const scripts = deal({ round: seed + round, tasks, isLong: round < longRounds, random });
    all.push(await playRound(scripts));
  }
  return toRun(all, longRounds > 0);
}

async function playRound(scripts: readonly Script[]): Promise<Round> {
  const live = new Map<string, { bytes: string }>(scripts.map(({ name }) => [name, { bytes: "" }]));
  const heard = async (name: string, words: string): Promise<void> => {
    for (let ms = 0; ms < HEARD_MS_MAX && !live.get(name)?.bytes.includes(words); ms += HEARD_LOOK_MS)
      await pass(HEARD_LOOK_MS);
  };
  const models = await startModels(scripts, heard);
  const service = await startService();
  const env = {
    ...models.env,
    ...{ OLLAMA_BASE_URL: `http://127.0.0.1:${await freePort()}`, MODEL_TIER_1: NOBODY },
    EGRESS_LOCAL_ORIGINS: service.origin,
  };
  try {
    return await withLive(env, async (server) => {
      await publishRing(server.url, TENANTS, packAsking(service.origin));
      const played = await Promise.all(
        scripts.map((script) => play(server, script, models, live.get(script.name) ?? { bytes: "" })),
      );
      const wrong = [...played.flatMap(auditPlayed), ...auditEffects(scripts, service.done)];
      return { played, wrong, done: models.done, unreachable: unreachableIn(await server.logOf()) };
    });
  } finally {
    await Promise.all([models.stop(), service.close()]);
  }
}

/** One task, read from its first event to its last. */
async function play({ url }: Live, script: Script, models: Models, heard: { bytes: string }): Promise<Played> {
  const { name, tenant, tier } = script;
  const taskId = await runRing(url, { tenant, tier, key: name, input: `Do task ${name}; then answer.` });
  const line = { url, tenant, taskId };
  const { frames: live } = await read(line, null, {
    onPiece: (piece) => (heard.bytes += Buffer.from(piece).toString()),
  });
  const { frames: kept } = await read(line, null);
  const answer = await ask(url, `/api/v1/tasks/${taskId}`, { tenant });
  if (answer?.status !== 200) throw new Error(`${name} is gone: ${answer?.status}`);
  return { script, live, kept, view: JSON.parse(answer.text) as View, bill: models.billOf(name) };
}

/** Nobody is there to count a connection that was refused: the log says it. */
const unreachableIn = (log: string): number =>
  log.split("\n").filter((line) => line.includes(NOBODY) && line.includes('"connect"')).length;

function toRun(rounds: readonly Round[], isLong: boolean): Run {
  const verdict = emptyVerdict();
  const played = rounds.flatMap((round) => round.played);
  const wires = new Map<MisdeedId, WireName[]>();
  for (const { done } of rounds) for (const [id, own] of done) wires.set(id, [...(wires.get(id) ?? []), ...own]);
  const unreachable = rounds.reduce((sum, round) => sum + round.unreachable, 0);
  const strike = (fault: FaultId, hits: number) =>
    verdict.alsoHits.set(fault, (verdict.alsoHits.get(fault) ?? 0) + hits);
  for (const [id, { length }] of wires) strike(misdeedOf(id).fault, length);
  strike(32, unreachable);
  verdict.worlds = rounds.length;
  verdict.tasks = played.length;
  verdict.happenings = [...wires.values()].flat().length + unreachable;
  const dealt = misdeedIds.filter((id) => isLong || !misdeedOf(id).isSlow);
  const missing = [...dealt.filter((id) => !wires.has(id)), ...(unreachable > 0 ? [] : ["unreachable"])];
  const wrong = [
    ...rounds.flatMap((round) => round.wrong),
    ...missing.map((id) => `no model server was ever ${id}: nothing was proved of it`),
  ];
  if (wrong.length > 0) verdict.wrong.push({ source: { kind: "run", name: "providers" }, wrong });
  const onWire = (wire: WireName): number => [...wires.values()].flat().filter((one) => one === wire).length;
  const voided = played.reduce((sum, { bill }) => sum + bill.voided, 0);
  const effects = played.reduce((sum, { script }) => sum + effectsOf(script).length, 0);
  return {
    verdict,
    facts: [
      `${dealt.length + 1} ways to misbehave, ${verdict.happenings} times in ${played.length} tasks: ${onWire("anthropic")} on Anthropic's wire, ${onWire("openai")} on OpenAI's, ${unreachable} where nobody listens`,
      `${voided} answers broke off after a reader had text of them, and each was taken back; ${effects} effects, each once`,
    ],
  };
}
