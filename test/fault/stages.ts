/**
 * What a proof is made of: stages that live through worlds, in threads that share a list of errands, and stages on the real
 * runtime. Each has a full and a quick form.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Errand } from "./errand.ts";
import { DIRECTED, ENUMERATED } from "./programs.ts";
import type { FromThread } from "./prove-thread.ts";
import { deployAgainAndAgain } from "./ring/deploy.ts";
import { killAgainAndAgain } from "./ring/kill.ts";
import { misbehaveAgainAndAgain } from "./ring/providers.ts";
import { cutAgainAndAgain } from "./ring/streams.ts";
import { runTests } from "./ring/tests.ts";
import { addVerdict, emptyVerdict, type Verdict } from "./verdict.ts";

export type Performed = { readonly verdict: Verdict; readonly facts?: readonly string[] };

export const STAGE_IDS = ["programs", "deaths", "seeds", "tests", "kills", "deploys", "streams", "providers"] as const;
export type StageId = (typeof STAGE_IDS)[number];

export type StagePlan = {
  readonly name: string;
  /** Whether its worlds are simulated. */
  readonly isSimulated: boolean;
  readonly perform: (threads: Threads) => Promise<Performed>;
};

export type ProofPlan = { readonly seeds: number; readonly from: number; readonly isQuick: boolean };

/** Seeds and moments of one errand: short enough that no thread is left alone at the end. */
const SEEDS_AT_ONCE = 10;
const PARTS = 6;
/** Of the runs on the real runtime. */
const FULL = {
  ...{ tasks: 200, forMs: 60_000, deploys: 10 },
  streams: { tasks: 20, readers: 5, cuts: 1_000 },
  providers: { rounds: 5, longRounds: 2, tasks: 12 },
} as const;
const QUICK = {
  ...{ tasks: 20, forMs: 10_000, deploys: 2 },
  streams: { tasks: 4, readers: 3, cuts: 108 },
  providers: { rounds: 1, longRounds: 0, tasks: 12 },
} as const;

export function stagesOf({ seeds, from, isQuick }: ProofPlan): Readonly<Record<StageId, StagePlan>> {
  const worlds = (name: string, errands: readonly Errand[]): StagePlan => ({
    ...{ name, isSimulated: true },
    perform: async (threads) => ({ verdict: await threads.perform(errands) }),
  });
  const run = (name: string, perform: () => Promise<Performed>): StagePlan => ({ name, isSimulated: false, perform });
  const { tasks, forMs, deploys, streams, providers } = isQuick ? QUICK : FULL;
  return {
    programs: worlds(
      "programs that are a fault",
      DIRECTED.map(({ id }) => ({ kind: "program", program: id })),
    ),
    deaths: worlds("a death at every moment", deathErrands(isQuick)),
    seeds: worlds("random programs and faults", seedErrands(from, seeds)),
    tests: run("tests in real runtimes", runTests),
    kills: run("a process killed under load", () => killAgainAndAgain({ seed: from, tasks, forMs })),
    deploys: run("deploys in mid-run", () => deployAgainAndAgain({ seed: from, tasks, deploys })),
    streams: run("streams cut under way", () => cutAgainAndAgain({ seed: from, ...streams })),
    providers: run("models that misbehave", () => misbehaveAgainAndAgain({ seed: from, ...providers })),
  };
}

const deathErrands = (isQuick: boolean): Errand[] =>
  (isQuick ? ENUMERATED.slice(0, 4) : ENUMERATED).flatMap(({ id }) =>
    Array.from({ length: PARTS }, (_, part): Errand => ({ kind: "deaths", program: id, part: part + 1, of: PARTS })),
  );

function seedErrands(from: number, seeds: number): Errand[] {
  const errands: Errand[] = [];
  for (let at = from; at < from + seeds; at += SEEDS_AT_ONCE) {
    errands.push({ kind: "seeds", from: at, to: Math.min(at + SEEDS_AT_ONCE, from + seeds) });
  }
  return errands;
}

/** One for each core, made when the first is asked for. */
export class Threads {
  #all: Promise<readonly Worker[]> | null = null;

  /** Shares the errands, and adds up what they find. */
  async perform(errands: readonly Errand[]): Promise<Verdict> {
    this.#all ??= openThreads();
    const verdict = emptyVerdict();
    const queue = [...errands];
    await Promise.all(
      (await this.#all).map(async (thread) => {
        for (let errand = queue.shift(); errand !== undefined; errand = queue.shift()) {
          addVerdict(verdict, await ask(thread, errand));
        }
      }),
    );
    return verdict;
  }

  async close(): Promise<void> {
    for (const thread of (await this.#all) ?? []) thread.postMessage("end");
    this.#all = null;
  }
}

const openThreads = (): Promise<readonly Worker[]> =>
  Promise.all(
    Array.from({ length: Math.max(1, Math.min(availableParallelism(), 8)) }, async () => {
      const thread = new Worker(join(import.meta.dirname, "prove-thread.ts"), { execArgv: ["--no-warnings"] });
      await new Promise((resolve, reject) => thread.once("message", resolve).once("error", reject));
      return thread;
    }),
  );

function ask(thread: Worker, errand: Errand): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    thread.once("error", reject);
    thread.once("message", (message: FromThread) => {
      thread.off("error", reject);
      if ("failed" in message) reject(new Error(message.failed));
      else resolve(message.verdict);
    });
    thread.postMessage(errand);
  });
}
