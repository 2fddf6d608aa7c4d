/** `vasini tasks`: list, read, follow, cancel and replay tasks. */
import { parseIdempotencyKey } from "../platform/index.ts";
import { type CommonFlags, type Context, integerOf, timeoutOf } from "./context.ts";
import { EXIT, type ExitCode, exitOfState, ownError } from "./exit.ts";
import type { Output } from "./output.ts";
import { toTable } from "./output.ts";
import { afterAccepted } from "./run.ts";
import { forTerminal, shorten } from "./terminal.ts";
import { isObject, type JsonObject, listOf, objectOf, textOf } from "./value.ts";
import { watchTask } from "./watch.ts";

const pathOf = (taskId: string, rest = ""): string => `/api/v1/tasks/${encodeURIComponent(taskId)}${rest}`;

type ListFlags = CommonFlags & {
  readonly state?: string;
  readonly pack?: string;
  readonly limit?: string;
  readonly cursor?: string;
};

export async function listTasks(context: Context, flags: ListFlags): Promise<ExitCode> {
  const query = new URLSearchParams();
  if (flags.state !== undefined) query.set("state", flags.state);
  if (flags.pack !== undefined) query.set("pack_id", flags.pack);
  if (flags.limit !== undefined) query.set("limit", String(integerOf("--limit", flags.limit, { min: 1, max: 100 })));
  if (flags.cursor !== undefined) query.set("cursor", flags.cursor);
  const page = await context
    .clientFor(flags)
    .send({ method: "GET", path: `/api/v1/tasks${query.size > 0 ? `?${query}` : ""}` });
  const { items, next_cursor: next } = objectOf(page);
  const rows = listOf(items).map((item) => {
    const task = objectOf(item);
    return ["task_id", "state", "pack_id", "created_at"].map((name) => shorten(textOf(task[name]) ?? "-", 128));
  });
  context.output.result(page, () => (rows.length === 0 ? "" : toTable(["TASK", "STATE", "PACK", "CREATED"], rows)));
  if (context.output.json) return EXIT.ok;
  if (rows.length === 0) context.output.note('No tasks. Start one with: vasini run hello "Hi"');
  if (typeof next === "string") context.output.note(`More with: --cursor ${shorten(next, 1000)}`);
  return EXIT.ok;
}

type GetFlags = CommonFlags & { readonly exitStatus?: boolean };

export async function getTask(context: Context, taskId: string, flags: GetFlags): Promise<ExitCode> {
  const task = await context.clientFor(flags).send({ method: "GET", path: pathOf(taskId) });
  context.output.result(task, () => describeTask(objectOf(task), context.output));
  return flags.exitStatus === true ? exitOfState(textOf(objectOf(task).state) ?? "") : EXIT.ok;
}

function describeTask(task: JsonObject, output: Output): string {
  const { paint } = output;
  const long = new Set(["input", "output"]);
  const plain = Object.entries(task).filter(([name, value]) => !long.has(name) && value !== null && !isEmpty(value));
  const width = Math.max(0, ...plain.map(([name]) => name.length));
  const lines = plain.map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${paint.dim(name.padEnd(width))}  ${shorten(text, 400)}`;
  });
  for (const name of long) {
    const text = textOf(task[name]);
    if (text !== undefined) lines.push("", paint.dim(name), forTerminal(text));
  }
  return lines.join("\n");
}

const isEmpty = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;

type WatchFlags = CommonFlags & { readonly after?: string; readonly timeout?: string };

export async function watchCommand(context: Context, taskId: string, flags: WatchFlags): Promise<ExitCode> {
  return watchTask({
    client: context.clientFor(flags),
    output: context.output,
    taskId,
    after: flags.after === undefined ? 0 : integerOf("--after", flags.after, { min: 0, max: Number.MAX_SAFE_INTEGER }),
    signal: context.signal,
    timeoutMs: timeoutOf(flags.timeout),
  });
}

export async function cancelTask(context: Context, taskId: string, flags: CommonFlags): Promise<ExitCode> {
  const answer = await context
    .clientFor(flags)
    .send({ method: "POST", path: pathOf(taskId, "/cancel"), repeatable: true });
  context.output.result(answer, () => shorten(textOf(objectOf(answer).state) ?? "accepted", 40));
  return EXIT.ok;
}

type ReplayFlags = CommonFlags & {
  readonly fromStep?: string;
  readonly version?: string;
  readonly dryRun?: boolean;
  readonly key?: string;
  readonly watch?: boolean;
  readonly timeout?: string;
};

export async function replayTask(context: Context, taskId: string, flags: ReplayFlags): Promise<ExitCode> {
  if (flags.key !== undefined && parseIdempotencyKey(flags.key) === undefined) {
    throw ownError("USAGE", "--key must be 1 to 255 visible ASCII characters.");
  }
  const body = {
    ...(flags.fromStep === undefined
      ? {}
      : { from_step: integerOf("--from-step", flags.fromStep, { min: 0, max: 1_000_000 }) }),
    ...(flags.version === undefined ? {} : { version: flags.version }),
    ...(flags.dryRun === true ? { dry_run: true } : {}),
  };
  const timeoutMs = timeoutOf(flags.timeout);
  const idempotencyKey = flags.key ?? crypto.randomUUID();
  const accepted = await context
    .clientFor(flags)
    .send({ method: "POST", path: pathOf(taskId, "/replay"), body, idempotencyKey });
  return afterAccepted(context, accepted, { ...flags, timeoutMs });
}
