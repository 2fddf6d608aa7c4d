/**
 * One simulated world from its beginning to rest: made from a plan, lived through, and audited. The same plan gives the
 * same world, to the last byte.
 */
import { seeded } from "../../scripts/draw.ts";
import { isEnded } from "../../src/task/index.ts";
import { withAmbient } from "./ambient.ts";
import { audit, programsOf } from "./auditor.ts";
import type { FaultId } from "./catalogue.ts";
import { type Accepted, submit, type Wish } from "./client.ts";
import { forgetCallers, installDriver } from "./database-port.ts";
import { Faults, type Hits, type PartHits } from "./faults.ts";
import type { Fate, Life, Moment } from "./life.ts";
import { PACK_NAMES, type Pack, packOf } from "./packs.ts";
import { answerQuestions } from "./person.ts";
import type { Postgres } from "./postgres.ts";
import { BEGINNING, Simulation } from "./simulation.ts";
import { storedStateOf, World } from "./world.ts";

export type Plan = {
  readonly seed: number;
  readonly wishes: readonly Wish[];
  readonly faults: readonly FaultId[];
  /** Strikes at most. */
  readonly most: number;
  /** They strike wherever they can. */
  readonly isCertain?: boolean;
  /** Probability of a death at each moment while faults are about. */
  readonly deaths: number;
  /** The moment, from 1, at which something dies for certain; 0: none. */
  readonly deathAt: number;
  readonly person: { readonly everyMs: number; readonly afterMs: number };
  readonly cronMs: number;
  readonly maxRunning: number;
  /** Whether a task starts by its own alarm, with the queue's message as its net; else by the message alone. */
  readonly startsItself: boolean;
  /** How often every task's object is evicted; null: never by the clock. */
  readonly evictMs: number | null;
  /** After the last end: projections, queues and their retries. */
  readonly restMs: number;
};

export type Outcome = {
  readonly wrong: readonly string[];
  readonly hits: Hits;
  readonly partHits: PartHits;
  /** Moments at which something could die. */
  readonly moments: number;
  readonly happenings: number;
  readonly tasks: number;
  readonly deaths: number;
  /** Simulated milliseconds from the last fault to the last end. */
  readonly recoveryMs: number;
};

const MINUTE_MS = 60_000;
/** Faults are over by then; what comes later must come to rest. */
const FAULTS_MS = 4 * MINUTE_MS;
/** How long an instance stalls that another one stands in for: longer than its lease. */
const STALL_MS_MAX = 90_000;
/** A world that is not at rest by then never is. */
const LIFE_MS = 60 * 24 * 60 * MINUTE_MS;
/** Of the rest, the part in which something can still die. */
const TWILIGHT_MS = MINUTE_MS;

installDriver();

type Count = { moments: number; deaths: number; isOpen: boolean };

/** What dies, and when. */
function fateOf(plan: Plan, faults: Faults, simulation: Simulation, count: Count): Fate {
  return (life, moment, what) => {
    if (!count.isOpen) return false;
    count.moments += 1;
    const isMarked = count.moments === plan.deathAt;
    const isUnlucky = faults.isEnabled(3) && simulation.random() < plan.deaths;
    if (!isMarked && !isUnlucky) return false;
    count.deaths += 1;
    for (const id of namesOf(life, moment, what)) faults.hit(id);
    return true;
  };
}

/** The faults of the catalogue that a death is, by where it struck. */
function namesOf({ name }: Life, moment: Moment, what: readonly string[]): FaultId[] {
  const names: FaultId[] = [3];
  const isTask = name.startsWith("task/");
  if (isTask && moment === "unsent" && what.includes("tool")) names.push(1);
  if (isTask && what.includes("tool") && moment === "resumed") names.push(2);
  if (name.startsWith("doorbell/") && what.includes("events.send")) names.push(moment === "resumed" ? 18 : 19);
  return names;
}

export async function live(plan: Plan, postgres: Postgres): Promise<Outcome> {
  await postgres.empty();
  forgetCallers();
  const shelf = new Map<string, Pack[]>();
  for (const name of PACK_NAMES) shelf.set(name, [await packOf(name)]);
  const newer = await packOf("worker", "1.1.0");
  const random = seeded(plan.seed);
  const simulation = new Simulation(random);
  const { faults: enabled, most, isCertain = false } = plan;
  const faults = new Faults({ enabled, random, now: () => simulation.now, most, isCertain });
  const count: Count = { moments: 0, deaths: 0, isOpen: true };
  const programs = programsOf(plan.wishes.map(({ program }) => program));
  const fate = fateOf(plan, faults, simulation, count);
  const { maxRunning, startsItself } = plan;
  const world = new World({ simulation, faults, fate, postgres, programs, shelf, maxRunning, startsItself });
  const accepted: Accepted[] = [];
  return withAmbient({ now: () => simulation.now, random }, async () => {
    begin(world, plan, accepted, newer);
    simulation.schedule(FAULTS_MS, () => faults.end());
    const isOver = (): boolean =>
      simulation.happened % 50 === 0 && accepted.length === plan.wishes.length && allEnded(world);
    await simulation.run(BEGINNING + LIFE_MS, isOver);
    const endedAt = simulation.now;
    await simulation.run(endedAt + TWILIGHT_MS);
    count.isOpen = false;
    await simulation.run(simulation.now + plan.restMs);
    const { wrong, isBroke } = await audit(world, accepted);
    if (isBroke) faults.hit(52);
    world.objects.close();
    return {
      ...{
        wrong,
        hits: faults.hits,
        partHits: faults.partHits,
        moments: count.moments,
        deaths: count.deaths,
        happenings: simulation.happened,
      },
      ...{ tasks: programs.size, recoveryMs: faults.hits.size === 0 ? 0 : Math.max(0, endedAt - faults.lastAt) },
    };
  });
}

/** The actors: clients, people, the cron, and whoever pulls plugs. */
function begin(world: World, plan: Plan, accepted: Accepted[], newer: Pack): void {
  const { simulation } = world;
  for (const wish of plan.wishes) {
    simulation.schedule(simulation.random() * 3_000, () => {
      void submit(world, wish).then((one) => accepted.push(one));
    });
  }
  void answerQuestions(world, plan.person);
  const cron = world.actor("cron");
  const tick = (): void => {
    cron.resume("cron", () => void world.sweep(cron).catch(() => undefined));
    simulation.schedule(plan.cronMs, tick);
  };
  simulation.schedule(plan.cronMs, tick);
  const { evictMs } = plan;
  const evict = (): void => {
    for (const id of world.objects.idsOf("task")) if (world.objects.evict("task", id)) world.faults.hit(51);
    if (evictMs !== null) simulation.schedule(evictMs, evict);
  };
  if (evictMs !== null) simulation.schedule(evictMs, evict);
  const mischief = (): void => {
    disturb(world, newer);
    if (simulation.now < BEGINNING + FAULTS_MS) simulation.schedule(1_000 + simulation.random() * 4_000, mischief);
  };
  simulation.schedule(simulation.random() * 4_000, mischief);
}

/** What strikes from outside, rather than on the way of something. */
function disturb(world: World, newer: Pack): void {
  const { simulation, faults, objects, options } = world;
  const { random } = simulation;
  const ids = objects.idsOf("task");
  const victim = ids[Math.floor(random() * ids.length)];
  if (victim !== undefined && faults.strikes(3, 0.05)) objects.evict("task", victim);
  if (victim !== undefined && faults.strikes(5, 0.1)) objects.split("task", victim, random() * STALL_MS_MAX);
  if (faults.strikes(23, 0.1)) world.databaseAwayUntil = simulation.now + 60_000;
  if (faults.strikes(38, 0.1)) world.providersDownUntil = simulation.now + 10 * MINUTE_MS;
  if (faults.strikes(15, 0.2)) world.eventQueue.put(["no event", { nor: "this" }, null]);
  const worker = options.shelf.get("worker");
  if (worker?.length === 1 && faults.strikes(53, 0.3)) worker.push(newer);
}

function allEnded(world: World): boolean {
  return world.objects.idsOf("task").every((id) => {
    const state = storedStateOf(world.objects.store("task", id));
    return state === null || isEnded(state);
  });
}
