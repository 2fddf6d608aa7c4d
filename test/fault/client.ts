/** A tenant's client in a simulated world: asks for a task until it is told that it has one, watches it, and cancels it. */
import { callObject } from "../../src/api/call-object.ts";
import { assert, deriveTaskId, parseIdempotencyKey, parseTenantId, sha256Hex } from "../../src/platform/index.ts";
import type { CancelOutcome, CreateOutcome, CreateTask } from "../../src/task/index.ts";
import type { Life } from "./life.ts";
import { type Program, toInput } from "./program.ts";
import { readStream } from "./reader.ts";
import type { World } from "./world.ts";

export type Wish = { readonly tenant: string; readonly program: Program };

export type Accepted = Wish & {
  readonly taskId: string;
  readonly digest: string;
  readonly acceptedAt: number;
  /** What a reader was sent, over all of its connections, without heartbeats. */
  readonly read: { bytes: string };
};

/** Stands in all that a tenant says; nothing of another tenant may hold it. */
export const canaryOf = (tenant: string): string => `canary-of-${tenant}`;

/** Tries of one request; more than any run of faults lasts. */
const TRIES_MAX = 200;

/** Until it is answered. The client's own patience is what makes a 503 harmless. */
async function persist<T>(world: World, life: Life, ask: () => Promise<T>): Promise<T> {
  const ports = { clock: life.clock, random: world.simulation.random };
  for (let tries = 1; ; tries++) {
    try {
      return await callObject(ports, ask);
    } catch (thrown) {
      if (tries >= TRIES_MAX) throw thrown;
      await life.clock.sleep(500 + world.simulation.random() * 4_500);
    }
  }
}

export async function submit(world: World, { tenant, program }: Wish): Promise<Accepted> {
  const life = world.actor(`client/${program.id}`);
  const key = parseIdempotencyKey(`key-${program.id}`);
  const tenantId = parseTenantId(tenant);
  const pack = world.options.shelf.get(program.pack)?.at(-1);
  assert(key !== undefined && tenantId !== undefined && pack !== undefined, "the wish can be asked for");
  const limiter = world.limiterOf(life);
  await persist(world, life, () => limiter.take(tenantId, "default"));
  const taskId = await deriveTaskId(tenantId, key);
  const args: CreateTask = {
    ...{ tenant, task_id: taskId, pack_id: program.pack, pack_version: pack.version, pack_digest: pack.digest },
    ...{
      pack_owner: "_shared",
      input: toInput(program, canaryOf(tenant)),
      session_id: null,
      metadata: {},
      tier: "tier-2",
    },
    ...{ idempotency_key: key, fingerprint: await sha256Hex(program.id), trace_id: `trace-${program.id}` },
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ...{ requested_by: "key:starter", replay: null, starts_itself: world.options.startsItself },
  };
  const create = (more: Partial<CreateTask> = {}): Promise<CreateOutcome> =>
    persist(world, life, () =>
      world.objects.call<CreateOutcome>(life, "task", `${tenant}/${taskId}`, "create", [{ ...args, ...more }]),
    );
  const outcome = await create();
  if (outcome.kind !== "created" && outcome.kind !== "existing") {
    world.witness.breaches.push(`I9: the first request of ${program.id} was answered ${outcome.kind}`);
  }
  const accepted: Accepted = {
    ...{ tenant, program, taskId, digest: pack.digest, acceptedAt: life.clock.now(), read: { bytes: "" } },
  };
  void world.dispatch(life, tenant, taskId);
  void repeat(world, program, create);
  void readStream(world, accepted);
  if (program.cancelAfterMs !== null) void cancelLater(world, life, accepted);
  return accepted;
}

/** The same again, several at once, and once with another body. */
async function repeat(world: World, program: Program, create: (more?: Partial<CreateTask>) => Promise<CreateOutcome>) {
  const { faults, witness } = world;
  if (!faults.strikes(43, 0.5)) return;
  const same = await Promise.all([create(), create(), create()]);
  for (const { kind } of same) {
    if (kind !== "existing") witness.breaches.push(`I9: a repetition of ${program.id} was answered ${kind}`);
  }
  const other = await create({ fingerprint: "another body" });
  if (other.kind !== "key_reused")
    witness.breaches.push(`I9: another body for ${program.id} was answered ${other.kind}`);
}

async function cancelLater(world: World, life: Life, { tenant, taskId, program }: Accepted): Promise<void> {
  const { witness, faults } = world;
  await life.clock.sleep(program.cancelAfterMs ?? 0);
  const cancel = async (): Promise<void> => {
    witness.cancelAsked.set(
      taskId,
      Math.min(life.clock.now(), witness.cancelAsked.get(taskId) ?? Number.POSITIVE_INFINITY),
    );
    const outcome = await persist(world, life, () =>
      world.objects.call<CancelOutcome>(life, "task", `${tenant}/${taskId}`, "cancel", []),
    );
    faults.hit(48);
    if (outcome.kind === "unknown") witness.breaches.push(`I1: ${program.id} was accepted and is unknown`);
    if (outcome.kind === "cancelled") {
      witness.cancelled.set(
        taskId,
        Math.min(life.clock.now(), witness.cancelled.get(taskId) ?? Number.POSITIVE_INFINITY),
      );
    }
  };
  if (program.isCancelTwice) faults.hit(49);
  await Promise.all(program.isCancelTwice ? [cancel(), cancel()] : [cancel()]);
}
