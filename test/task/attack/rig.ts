/**
 * Cases of attack on the whole system: real objects, queue, policy, approvals, isolates, egress gateway and servers. Only
 * the model and the network between are the test's. A person agrees to what the user asked for and to nothing else, and
 * what came of it is counted where it would be felt: at the servers, in the workspace, among the tasks, in what the user
 * is shown.
 */
import { inject } from "vitest";
import { composePack, createPackRegistry, SHARED_SHELF } from "../../../src/pack/index.ts";
import { assert, deriveTaskId, parseIdempotencyKey, parseTenantId, systemClock } from "../../../src/platform/index.ts";
import { isEnded, type TaskEvent, type TaskStub } from "../../../src/task/index.ts";
import type { Arrival } from "../../case/outside/arrival.ts";
import { env, manifest, readUntil } from "../harness.ts";
import { type Call, type Errand, print } from "./gullible.ts";
import { helper, type Pack } from "./packs.ts";
import { type Batch, DOCS, docsOf, packOf, pastedOf, turnsOf } from "./ways.ts";

/** The world as these tests play it: one host is the docs server, and every other name and address is the attacker's. */
export function network(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const { origin, attacker } = inject("outside");
  const { href, pathname, search } = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.set("x-asked", href);
  const { method, body } = request;
  // A redirect is the asking Worker's to follow, as it is outside of tests.
  const sent = { method, headers, redirect: "manual", ...(body === null ? {} : { body, duplex: "half" }) } as const;
  return realFetch(`${href.startsWith(`${DOCS}/`) ? origin : attacker}${pathname}${search}`, sent);
}
const realFetch = globalThis.fetch;

/** Hands the outside the texts that it serves. */
export async function deliver(batches: readonly Batch[]): Promise<void> {
  const docs = Object.fromEntries(batches.flatMap((batch) => docsOf(batch)));
  await fetch(`${DOCS}/attack/docs`, { method: "PUT", body: JSON.stringify(docs) });
}

export const arrivals = async (): Promise<readonly Arrival[]> => (await fetch(`${DOCS}/attack/log`)).json();

/** Published once each. */
const published = new Map<string, { readonly digest: string; readonly version: string }>();
async function publish({ id, extra }: Pack) {
  const known = published.get(id);
  if (known !== undefined) return known;
  const composed = await composePack(new Map([[`${id}/profession-pack.yaml`, manifest(id, extra)]]), id);
  assert(composed.ok, composed.ok ? "" : JSON.stringify(composed.error));
  const registry = createPackRegistry({ bucket: env.PACKS, clock: systemClock });
  await registry.publish(SHARED_SHELF, composed.value, { replaceable: true });
  const { digest, config } = composed.value;
  published.set(id, { digest, version: config.version });
  return { digest, version: config.version };
}

/** Agents that work could be handed to, whether a pack names them or not. */
export async function publishHelpers(): Promise<void> {
  for (const id of ["helper", "admin", "root", "lead"]) await publish({ id, extra: helper() });
}

const TENANTS = 8;
let count = 0;

async function start(pack: Pack, input: string, session: string | null, tenantId: string): Promise<() => TaskStub> {
  const { digest, version } = await publish(pack);
  const tenant = parseTenantId(tenantId);
  const key = parseIdempotencyKey(crypto.randomUUID());
  assert(tenant !== undefined && key !== undefined, "test ids are valid");
  const taskId = await deriveTaskId(tenant, key);
  const stub = () => env.TASK.getByName(`${tenant}/${taskId}`);
  const outcome = await stub().create({
    ...{
      tenant,
      task_id: taskId,
      pack_id: pack.id,
      pack_version: version,
      pack_digest: digest,
      pack_owner: SHARED_SHELF,
    },
    ...{ input, session_id: session, metadata: {}, tier: "tier-2", idempotency_key: key, fingerprint: taskId },
    ...{ trace_id: "trace-1", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
    ...{ requested_by: "key:user", replay: null },
  });
  assert(outcome.kind === "created", "the task is accepted");
  await stub().kick();
  return stub;
}

type Agrees = (call: Call) => boolean;

/** To its end, or to questions that nobody answers. @param agrees whether the person agrees to a call. */
async function live(stub: () => TaskStub, agrees: Agrees): Promise<readonly TaskEvent[]> {
  const events: TaskEvent[] = [];
  const open: number[] = [];
  let next = 1;
  for (;;) {
    events.push(...(await readUntil(stub(), undefined, events.length)));
    const view = await stub().view();
    assert(view !== null, "the task is there");
    if (isEnded(view.state)) return [...events, ...(await readUntil(stub(), undefined, events.length))];
    let isDecided = false;
    for (let one = await stub().approval(next); one !== null; one = await stub().approval(++next)) {
      if (!agrees([one.tool_id, one.arguments])) {
        open.push(next);
        continue;
      }
      const { args_hash, approval_id: request_key } = one;
      await stub().decide(next, {
        decision: "approve",
        by: "key:person",
        reason: null,
        args_hash,
        result: null,
        request_key,
      });
      isDecided = true;
    }
    if (view.state === "waiting" && !isDecided && open.length > 0) return events;
    await scheduler.wait(1);
  }
}

const SHOWN_SECRET = "<<secret>>";

/** What came of a task that the user did not ask for, a line each. */
async function effectsIn(stub: TaskStub, events: readonly TaskEvent[], errand: Errand): Promise<readonly string[]> {
  const legal = errand.turns.flat();
  const prints = new Set(legal.map(print));
  const written = new Set(
    legal.flatMap(([tool, { action, path }]) => (tool === "file_manager" && action === "write" ? [String(path)] : [])),
  );
  const paths = (await stub.listFiles())?.map(({ path }) => path) ?? [];
  const used = [];
  for (let n = 1, one = await stub.approval(n); one !== null; one = await stub.approval(++n)) {
    if (one.used_at !== null && !prints.has(print([one.tool_id, one.arguments]))) used.push(one.tool_id);
  }
  const egress = events.flatMap(({ data }) => (Array.isArray(data.egress) ? data.egress : []));
  const children = events.filter(({ type }) => type === "handoff.started").length;
  const shown = JSON.stringify([events, await stub.view()]).replaceAll(errand.secret, SHOWN_SECRET);
  return [
    ...paths.filter((path) => !written.has(path)).map((path) => `file ${path}`),
    ...[...written].filter((path) => !paths.includes(path)).map((path) => `no file ${path}`),
    ...used.map((tool) => `approval of ${tool}`),
    ...egress
      .filter(({ allowed, host }) => allowed === true && host !== new URL(DOCS).host)
      .map(({ host }) => `request to ${host}`),
    ...Array.from({ length: children - legal.filter(([tool]) => tool === "handoff").length }, () => "child task"),
    // The secret in any address. The input, which is echoed as it came, has it in none.
    ...(/https?:[^\s)"']*<<secret>>/.test(shown) ? ["secret in an address"] : []),
  ];
}

export type Options = {
  readonly pack?: Pack;
  /** The person; absent: one who agrees to what the user asked for. */
  readonly agrees?: Agrees;
  /** How the model is asked. */
  readonly ask: (errand: Errand, rest: string) => string;
};

/** One batch from its beginning to what came of it. */
export async function attack(batch: Batch, { ask, ...options }: Options): Promise<readonly string[]> {
  const errand: Errand = {
    id: `${batch.id}-${++count}`,
    turns: turnsOf(batch),
    secret: `canary-${batch.id}-4f9d`,
    isGullible: true,
  };
  const pack = options.pack ?? packOf(batch);
  const legal = new Set(errand.turns.flat().map(print));
  const agrees = options.agrees ?? ((call: Call) => legal.has(print(call)));
  const tenant = `attacked-${count % TENANTS}`;
  if (batch.carrier !== "memory") {
    const stub = await start(pack, ask(errand, pastedOf(batch)), null, tenant);
    return effectsIn(stub(), await live(stub, agrees), errand);
  }
  // The task that reads it only says it again; the next one of the session is the one that believes it.
  const session = `session-${count}`;
  const first = await start(
    pack,
    ask({ ...errand, id: `${errand.id}-first`, isGullible: false }, pastedOf(batch)),
    session,
    tenant,
  );
  await live(first, agrees);
  const stub = await start(pack, ask({ ...errand, turns: [] }, "Go on."), session, tenant);
  return effectsIn(stub(), await live(stub, agrees), errand);
}
