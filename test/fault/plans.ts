/** Seeds and programs -> plans. A seed's plan has everything in it that is drawn, so the seed alone names a world. */
import { seeded } from "../../scripts/draw.ts";
import type { Random } from "../../src/platform/index.ts";
import { entryOf, type FaultId, faultIds } from "./catalogue.ts";
import { openPostgres, type Postgres } from "./postgres.ts";
import { type Program, randomProgram } from "./program.ts";
import { call, program, turn } from "./programs.ts";
import { live, type Plan } from "./universe.ts";

const MINUTE_MS = 60_000;

/** What a world has when nothing is drawn. */
export const CALM: Omit<Plan, "seed" | "wishes"> = {
  ...{ faults: [], most: 0, deaths: 0, deathAt: 0, maxRunning: 3, startsItself: true },
  person: { everyMs: 7_000, afterMs: 20_000 },
  cronMs: MINUTE_MS,
  evictMs: null,
  // An alarm may be an hour late.
  restMs: 90 * MINUTE_MS,
};

/** The faults that can strike at random: every one of the simulator that is not a program by itself. */
const BY_PROGRAM: readonly FaultId[] = [1, 2, 12, 18, 19, 34, 35, 36, 37, 46, 48, 49, 51, 52];
export const RANDOM_FAULTS: readonly FaultId[] = faultIds.filter(
  (id) => entryOf(id).proof.ring === "simulator" && !BY_PROGRAM.includes(id),
);

/** Some faults at once, so that their meeting is seen, and few enough that each is. */
function drawFaults(random: Random): FaultId[] {
  const count = 1 + Math.floor(random() * 6);
  const drawn = new Set<FaultId>([3]);
  while (drawn.size < count + 1) {
    const id = RANDOM_FAULTS[Math.floor(random() * RANDOM_FAULTS.length)];
    if (id !== undefined) drawn.add(id);
  }
  return [...drawn];
}

const TENANTS = ["alpha", "beta"] as const;

/** One random world of nine starts its tasks by the queue's message alone, as RUN_DISPATCH=queue does. */
const isQueueWorld = (seed: number): boolean => seed % 9 === 4;

/** Two tenants, up to four tasks, whatever they hand over, and some faults. */
export function planOf(seed: number): Plan {
  // Another stream than the world's own: what is drawn here must not follow what happens there.
  const random = seeded(seed * 2_654_435_761 + 1);
  let n = 0;
  const next = (): number => ++n;
  const count = 1 + Math.floor(random() * 4);
  const wishes = Array.from({ length: count }, (_, at) => ({
    tenant: TENANTS[at % 2] ?? "alpha",
    program: randomProgram(random, `p${at}`, next),
  }));
  const deaths = random() < 0.7 ? random() * 0.01 : 0;
  return {
    ...CALM,
    seed,
    wishes,
    faults: drawFaults(random),
    most: 25,
    deaths,
    maxRunning: 1 + Math.floor(random() * 3),
    // By the seed and not drawn: what else a seed means does not hang on it.
    startsItself: !isQueueWorld(seed),
  };
}

const DAY_MS = 24 * 60 * MINUTE_MS;

/** A program that is a fault itself. The patient one is answered after 30 days, and evicted every 18 hours until then. */
export const planOfProgram = (program: Program): Plan => ({
  ...CALM,
  seed: 1,
  wishes: [{ tenant: "alpha", program }],
  ...(program.pack === "short" ? { faults: [50], most: 5, isCertain: true } : {}),
  ...(program.pack === "patient"
    ? { person: { everyMs: DAY_MS, afterMs: 29 * DAY_MS }, cronMs: DAY_MS / 2, evictMs: 0.75 * DAY_MS }
    : {}),
});

/** One fault alone, as soon as it can and a few times, in a world that has something of all that it may strike. */
export const planOfFault = (id: FaultId): Plan => ({
  ...CALM,
  seed: 1,
  wishes: [
    { tenant: "alpha", program: program("all", [turn(call("write", 1), call("read", 2)), turn(call("pay", 3))]) },
    {
      tenant: "beta",
      program: program("hands", [
        turn(call("hand", 4, { child: program("hands.1", [turn(call("keyed", 5))], { pack: "helper" }) })),
      ]),
    },
  ],
  ...{ faults: [id], most: 3, isCertain: true },
});

/** One program alone, in a world without other faults, with a death at one moment; 0: none. */
export const planOfDeath = (program: Program, deathAt: number): Plan => ({
  ...CALM,
  seed: 1,
  wishes: [{ tenant: "alpha", program }],
  deathAt,
  // The cron is the net under lost alarms, and none is lost here: a death has to be made up for without it.
  cronMs: 60 * MINUTE_MS,
  restMs: 10 * MINUTE_MS,
});

/** Of worlds that only load; each finds more there than the one before. */
const WARM_WORLDS_MAX = 20;

/**
 * Loads everything that is loaded on first use: what a world does must not depend on whether it is the first. While a module
 * is on its way simulated time runs on, so a task may be late before it came to all that it needs: until one comes out right.
 */
export async function openUniverse(): Promise<Postgres> {
  const postgres = await openPostgres();
  const family: Program = program("warm", [
    turn(call("hand", 1, { child: program("warm.1", [turn(call("pay", 2))], { pack: "helper" }) })),
  ]);
  for (let worlds = 0; worlds < WARM_WORLDS_MAX; worlds++) {
    const { wrong } = await live({ ...CALM, seed: 1, wishes: [{ tenant: "alpha", program: family }] }, postgres);
    if (wrong.length === 0) return postgres;
  }
  throw new Error(`no world of ${WARM_WORLDS_MAX} came out right: something does not load`);
}
