/**
 * `npm start` under load, its whole process group killed at moments that a seed draws, and started again each time. Nobody gets to
 * say goodbye: what was acknowledged must be there, and end once.
 */

import { readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { seeded } from "../../../scripts/draw.ts";
import type { Random } from "../../../src/platform/index.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "../../flow/server.ts";
import { emptyVerdict, type Verdict } from "../verdict.ts";
import { type Audited, auditRun } from "./audit.ts";
import { publishRing } from "./live.ts";
import { type Load, newLoad, post, wishesOf } from "./load.ts";
import { packAsking, startService } from "./service.ts";

/** @param forMs how long the servers live, all together: what a start takes is this machine's. */
export type KillPlan = { readonly seed: number; readonly tasks: number; readonly forMs: number };

/** How long a server lives before it is killed. */
const LIFE_MS_MIN = 500;
const LIFE_MS_MAX = 6_000;
const CLIENTS = 8;
/** Of a client between two tasks, on average: so that there are some for every death. */
const POSTS_PAUSE_MS = 1_500;

export type Run = { readonly verdict: Verdict; readonly facts: readonly string[] };

export async function killAgainAndAgain({ seed, tasks, forMs }: KillPlan): Promise<Run> {
  return underLoad({ name: "kill", tasks, seed }, async ({ restart, random }) => {
    let kills = 0;
    for (let livedMs = 0; livedMs < forMs; kills++) {
      const lifeMs = LIFE_MS_MIN + random() * (LIFE_MS_MAX - LIFE_MS_MIN);
      await pass(lifeMs);
      livedMs += lifeMs;
      await restart();
    }
    return kills;
  });
}

type Scene = {
  readonly random: Random;
  /** Kills the server and starts it again. @param root the checkout it is started from; this one when absent. */
  readonly restart: (root?: string) => Promise<void>;
  /** What the server has logged since it was started. */
  readonly logOf: () => Promise<string>;
};

/** A load of tasks for so long, while something befalls their server; then the audit. */
export async function underLoad(
  plan: { readonly name: string; readonly seed: number; readonly tasks: number; readonly root?: string },
  befall: (scene: Scene) => Promise<number>,
): Promise<Run> {
  const { name, tasks, root: firstRoot } = plan;
  const random = seeded(plan.seed);
  const dataDir = newDataDir();
  const port = await freePort();
  const service = await startService();
  const env = { EGRESS_LOCAL_ORIGINS: service.origin, RATE_LIMIT_REQUESTS: "1000000" };
  const startFrom = (root: string | undefined): Promise<Server> =>
    startServer({ dataDir, port, env, ...(root === undefined ? {} : { root }) });
  let server = await startFrom(firstRoot);
  try {
    const tenants = new Set(wishesOf("", tasks).map((wish) => wish.tenant));
    await publishRing(server.url, tenants, packAsking(service.origin));
    const load = newLoad();
    const wishes = wishesOf(`${name}-${plan.seed}`, tasks);
    const posted = post(wishes, { url: () => server.url, load, clients: CLIENTS, random, pauseMs: POSTS_PAUSE_MS });
    const restart = async (root?: string): Promise<void> => {
      await server.kill();
      await truncate(join(dataDir, "log"));
      server = await startFrom(root);
    };
    const logOf = (): Promise<string> => readFile(join(dataDir, "log"), "utf8");
    const [deaths] = await Promise.all([befall({ random, restart, logOf }), posted]);
    return toRun(name, deaths, load, await auditRun(server.url, service, load));
  } finally {
    await server.kill();
    await service.close();
    dropDataDir(dataDir);
  }
}

function toRun(name: string, deaths: number, load: Load, audited: Audited): Run {
  const verdict = emptyVerdict();
  verdict.worlds = 1;
  verdict.tasks = load.acknowledged.length;
  verdict.deaths = deaths;
  verdict.happenings = load.requests.answered + load.requests.lost;
  verdict.recoveryMs = audited.restMs;
  const wrong = [
    ...audited.wrong,
    ...(audited.interrupted === 0 ? ["no death fell into a task: nothing was proved"] : []),
  ];
  if (wrong.length > 0) verdict.wrong.push({ source: { kind: "run", name }, wrong });
  return {
    verdict,
    facts: [
      `${audited.interrupted} of ${load.acknowledged.length} tasks were interrupted, all ended ${(audited.restMs / 1_000).toFixed(0)} s after the last death at most`,
      `${load.requests.lost} requests were not answered and were repeated under their key`,
      `${audited.repeated} calls arrived again, each under the key it had before; ${load.decided} that may not be made twice were in doubt, and a person was asked`,
    ],
  };
}
