/** Real tasks in the real runtime: a pack in the registry bucket, a task object, and readers of its stream. */
import { env as bindings } from "cloudflare:test";
import type { Bindings } from "../../src/bindings.ts";
import { composePack, createPackRegistry, SHARED_SHELF } from "../../src/pack/index.ts";
import {
  assert,
  deriveTaskId,
  parseIdempotencyKey,
  parseTenantId,
  systemClock,
  taskObjectName,
} from "../../src/platform/index.ts";
import type { CreateTask, TaskEvent } from "../../src/task/index.ts";
import { parseFrames } from "../../src/task/journal/frames.ts";

export const env = bindings as unknown as Bindings; // the bindings of wrangler.toml, by their own type
export const TENANT = "tenant-123";

/** A pack with both executing tools; `extra` is appended to its manifest. */
export const manifest = (id: string, extra = ""): string => `
schema_version: "1.0"
pack_id: "${id}"
version: "1.0.0"
risk_level: "low"
author: { name: "Tests" }
role:
  title: "Tester"
  domain: "Testing"
  seniority: "senior"
  goal: { primary: "Try things" }
${extra || TOOLS}
`;

export const TOOLS = `
tools:
  available:
    - { id: "code_executor", name: "Code Executor", sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] } }
    - { id: "file_manager", name: "File Manager", sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] } }
`;

export async function publish(id: string, extra?: string) {
  const composed = await composePack(new Map([[`${id}/profession-pack.yaml`, manifest(id, extra)]]), id);
  assert(composed.ok, composed.ok ? "" : JSON.stringify(composed.error));
  const registry = createPackRegistry({ bucket: env.PACKS, clock: systemClock });
  await registry.publish(SHARED_SHELF, composed.value, { replaceable: true });
  return composed.value;
}

let count = 0;

/** A task accepted but not started, unless it starts itself. */
export async function accept(
  input: string,
  options: {
    pack?: string;
    extra?: string;
    tenant?: string;
    requestedBy?: string;
    session?: string;
    replay?: CreateTask["replay"];
    startsItself?: boolean;
  } = {},
) {
  const pack = options.pack ?? "tester";
  const { digest, config } = await publish(pack, options.extra);
  const tenant = parseTenantId(options.tenant ?? TENANT);
  const key = parseIdempotencyKey(`key-${++count}-${crypto.randomUUID()}`);
  assert(tenant !== undefined && key !== undefined, "test ids are valid");
  const taskId = await deriveTaskId(tenant, key);
  const stub = () => env.TASK.getByName(taskObjectName(tenant, taskId));
  const args: CreateTask = {
    tenant,
    task_id: taskId,
    pack_id: pack,
    pack_version: config.version,
    pack_digest: digest,
    pack_owner: SHARED_SHELF,
    input,
    session_id: options.session ?? null,
    metadata: {},
    tier: "tier-2",
    idempotency_key: key,
    fingerprint: `print-${input}`,
    trace_id: "trace-1",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    requested_by: options.requestedBy ?? null,
    replay: options.replay ?? null,
    ...(options.startsItself === true ? { starts_itself: true } : {}),
  };
  const outcome = await stub().create(args);
  return { args, taskId, tenant, stub, outcome };
}

/** Bytes of a stream from its start, in pieces; heartbeats are left out. */
export async function* frames(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    rest += piece;
    for (let at = rest.indexOf("\n\n"); at >= 0; at = rest.indexOf("\n\n")) {
      const frame = rest.slice(0, at + 2);
      rest = rest.slice(at + 2);
      if (!frame.startsWith(":")) yield frame;
    }
  }
}

/** Reads events after `after` until one satisfies `stop` (which is included) or the stream ends. */
export async function readUntil(
  stub: { subscribe(after: number): Promise<ReadableStream<Uint8Array> | null | string> },
  stop: (event: TaskEvent) => boolean = () => false,
  after = 0,
): Promise<TaskEvent[]> {
  const stream = await stub.subscribe(after);
  assert(stream instanceof ReadableStream, `no stream: ${String(stream)}`);
  const events: TaskEvent[] = [];
  for await (const frame of frames(stream)) {
    const [event] = parseFrames(frame);
    assert(event !== undefined, "a frame is an event");
    events.push(event);
    if (stop(event)) break;
  }
  return events;
}

export const typesOf = (events: readonly TaskEvent[]): string[] => events.map(({ type }) => type);

export const isGapless = (events: readonly TaskEvent[]): boolean => events.every(({ seq }, index) => seq === index + 1);

/** A directive per step: write its number, read it back. */
export const fiveSteps = (): string =>
  [0, 1, 2, 3, 4]
    .map(
      (n) =>
        `@tool code_executor ${JSON.stringify({ language: "javascript", code: `console.log("step ${n}"); ${n}` })}`,
    )
    .join("\n");
