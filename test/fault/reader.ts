/** A reader of a task's stream: connects, is cut off now and then, and goes on where it was. */
import { isEnded, type TaskState } from "../../src/task/index.ts";
import type { Accepted } from "./client.ts";
import type { World } from "./world.ts";

/** Between two connections. */
const AGAIN_MS = 4_000;
/** Connections of one reader; a task that waits for a month is not read all the time. */
const CONNECTIONS_MAX = 400;

export async function readStream(world: World, { tenant, taskId, program, read }: Accepted): Promise<void> {
  const life = world.actor(`reader/${program.id}`);
  const id = `${tenant}/${taskId}`;
  for (let connection = 0; connection < CONNECTIONS_MAX; connection++) {
    try {
      const stream = await world.objects.call<unknown>(life, "task", id, "subscribe", [lastSeqOf(read.bytes)]);
      if (stream instanceof ReadableStream) await drain(world, id, stream, read);
      const view = await world.objects.call<{ readonly state: TaskState } | null>(life, "task", id, "view", []);
      if (view !== null && isEnded(view.state) && stream instanceof ReadableStream) return;
    } catch {
      // The object was reset: the next connection is to another instance.
    }
    await life.clock.sleep(AGAIN_MS * (1 + connection / 10));
  }
}

/** The position a client would send as `Last-Event-ID`. */
const lastSeqOf = (bytes: string): number => Number([...bytes.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? 0);

/** Whole frames until the stream ends, its object dies, or the line is cut. */
async function drain(
  world: World,
  id: string,
  stream: ReadableStream<Uint8Array>,
  read: { bytes: string },
): Promise<void> {
  const { random } = world.simulation;
  const reader = stream.getReader();
  const died = Promise.withResolvers<null>();
  const forget = world.objects.lifeOf("task", id)?.onDeath(() => died.resolve(null));
  const text = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), died.promise]);
      if (next === null || next.done) return;
      rest += text.decode(next.value, { stream: true });
      const whole = rest.lastIndexOf("\n\n") + 2;
      if (whole < 2) continue;
      read.bytes += rest.slice(0, whole).replaceAll(/^:.*\n\n/gm, "");
      rest = rest.slice(whole);
      if (random() < 0.05) return;
    }
  } finally {
    forget?.();
    reader.cancel().catch(() => undefined);
  }
}
