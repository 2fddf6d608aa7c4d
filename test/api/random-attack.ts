/**
 * Operations by chance, from a seed: any route by any method, with the victim's ids as they are and disfigured, with its
 * tenant, its session, its cursors and its words in headers, queries and bodies. What comes back must hold nothing of it.
 */
import { ROUTES } from "../../src/api/routes.ts";
import { type Ask, newKey } from "./gateway.ts";
import { askAs } from "./guarded.ts";
import { BODIES, CANARY, MAKERS, NEVER, SESSION, type Victim } from "./victim.ts";

export type Attacker = { readonly tenant: string; readonly key: string };

type Chance = {
  /** One of them. */
  of<T>(choices: readonly [T, ...T[]]): T;
};

/** mulberry32: small, and the same everywhere. */
function chanceFrom(seed: number): Chance {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { of: (choices) => choices[Math.floor(next() * choices.length)] ?? choices[0] };
}

/** The ways an id is bent so that a careless reader takes it for another. */
const BENT: readonly [(id: string, tenant: string) => string, ...((id: string, tenant: string) => string)[]] = [
  (id) => id,
  (id) => id,
  (id) => id,
  (id) => id.toUpperCase(),
  (id) => `${id}%20`,
  (id) => `%2e%2e%2f${id}`,
  (id, tenant) => `${tenant}%2f${id}`,
  (id, tenant) => `..%2f${tenant}%2f${id}`,
  (id) => encodeURIComponent(encodeURIComponent(`/${id}`)),
  (id) => `${id}%00`,
  (id) => id.slice(0, -1),
  (id) => `${id}.1`,
];

type Context = { readonly victim: Victim; readonly rival: Attacker; readonly chance: Chance };
type Operation = { readonly path: string; readonly ask: Ask };

/** How the bytes of its own things reach a request. */
function operationOf({ victim, rival, chance }: Context): Operation {
  // What a rival makes under the victim's name is its own, and would be found as if it were the victim's.
  const [first, ...others] = ROUTES.filter(({ operation }) => !MAKERS.includes(operation));
  if (first === undefined) throw new Error("there are routes");
  const route = chance.of([first, ...others]);
  const thing = (parameter: string): string => {
    const [one = "", ...more] = victim.things[parameter] ?? [];
    return chance.of([chance.of([one, ...more]), chance.of([one, ...more]), NEVER[parameter] ?? "", victim.tenant]);
  };
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => chance.of(BENT)(thing(name), victim.tenant));
  const query = chance.of([
    "",
    "",
    `?tenant_id=${victim.tenant}`,
    "?after=0&limit=100",
    `?cursor=${btoa(victim.tenant)}`,
  ]);
  const method = chance.of([route.method, route.method, route.method, "GET", "HEAD", "POST", "PUT", "DELETE"]);
  const own = BODIES[route.operation] ?? {};
  const body = chance.of([
    own,
    { ...own, tenant_id: victim.tenant },
    { ...own, session_id: SESSION },
    { tenant_id: victim.tenant, name: "mine", roles: ["admin"] },
    { tenant_id: rival.tenant, name: "mine", roles: ["viewer"] },
  ]);
  const headers = chance.of<Record<string, string>>([
    {},
    {},
    { "x-tenant-id": victim.tenant },
    { "x-tenant-id": rival.tenant },
    { "x-tenant-id": `${rival.tenant},${victim.tenant}` },
    { accept: "text/event-stream", "last-event-id": "0" },
    { accept: "application/json" },
    { "x-http-method-override": "GET", "x-original-url": path, forwarded: `for=${victim.tenant}` },
  ]);
  const takesBody = method !== "GET" && method !== "HEAD";
  return { path: path + query, ask: { method, key: newKey(), headers, ...(takesBody ? { body } : {}) } };
}

/** @returns a sentence per operation that showed something, changed nothing of ours to find, or broke. Empty is good. */
export async function attack(plan: {
  readonly victim: Victim;
  /** The operations are spread over them, so that none is stopped by its own limit. */
  readonly rivals: readonly Attacker[];
  readonly seed: number;
  readonly operations: number;
}): Promise<readonly string[]> {
  const { victim, rivals, seed, operations } = plan;
  const chance = chanceFrom(seed);
  const breaches: string[] = [];
  for (let number = 0; number < operations; number++) {
    const rival = rivals[number % rivals.length];
    if (rival === undefined) throw new Error("somebody has to attack");
    const { path, ask } = operationOf({ victim, rival, chance });
    const response = await askAs(rival.key, path, ask);
    const told = (await response.text()) + JSON.stringify([...response.headers]);
    const name = `seed ${seed}, operation ${number}: ${ask.method} ${path} ${JSON.stringify(ask.headers)}`;
    if (told.includes(CANARY)) breaches.push(`${name} shows the victim's words`);
    if (response.status >= 500 || response.status === 429) breaches.push(`${name} answers ${response.status}`);
    const isReached = Object.values(victim.things).some((things) => things.some((id) => path.includes(id)));
    if (response.status < 300 && isReached) breaches.push(`${name} answers ${response.status}`);
  }
  return breaches;
}
