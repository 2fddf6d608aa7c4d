/**
 * The embedded database: PGlite in a thread of its own behind Neon's HTTP protocol, in a folder or in memory. What
 * `npm start` and the tests use when no database is configured.
 */
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { err, ok, type Result } from "../../platform/index.ts";
import { acquireLock, type Lock } from "../lock.ts";
import { type DatabaseEndpoint, openEndpoint } from "./endpoint.ts";
import { CLOSE_MS_MAX, OPEN_MS_MAX } from "./limits.ts";
import { oneAfterTheOther } from "./line.ts";
import type { FromThread, ThreadOptions, ToThread } from "./pglite-thread.ts";
import type { SqlBackend, SqlOutcome } from "./protocol.ts";

const ROOT = join(import.meta.dirname, "../../..");

export type EmbeddedOptions = {
  /** Null: in memory, gone with the process. */
  readonly dataDir: string | null;
  /** Password by user: app_user, outbox_publisher, and in tests the owner, postgres. */
  readonly users: Readonly<Record<string, string>>;
  readonly migrationsDir?: string;
  readonly templateDir?: string;
  readonly answerMsMax?: number;
  /** It served, and can do so no longer; one sentence. What waits for it is rejected. */
  readonly onLost?: (sentence: string) => void;
};

/** Migrated and serving on a free loopback port; or one sentence, and nothing is left running. */
export async function startEmbeddedDatabase(options: EmbeddedOptions): Promise<Result<DatabaseEndpoint, string>> {
  const { dataDir } = options;
  let lock: Lock | null = null;
  if (dataDir !== null) {
    await mkdir(dirname(dataDir), { recursive: true, mode: 0o700 });
    const acquired = await acquireLock(`${dataDir}.lock`, randomUUID());
    if (!acquired.ok) return err(`The database in ${dataDir} is in use. ${acquired.error}`);
    lock = acquired.value;
  }
  const started = await startThread(
    {
      dataDir,
      templateDir: options.templateDir ?? join(ROOT, "node_modules/.cache/vasini"),
      migrationsDir: options.migrationsDir ?? join(ROOT, "migrations"),
    },
    options.onLost,
  );
  if (!started.ok) {
    await lock?.release();
    return err(`The embedded database did not start: ${started.error}`);
  }
  const backend = oneAfterTheOther({
    run: started.value.run,
    close: async () => {
      await started.value.close();
      await lock?.release();
    },
  });
  const { answerMsMax } = options;
  return ok(
    await openEndpoint(backend, options.users, {
      database: "postgres",
      ...(answerMsMax === undefined ? {} : { answerMsMax }),
    }),
  );
}

/** A thread: PGlite computes where nothing else waits for it. */
async function startThread(
  options: ThreadOptions,
  onLost: ((sentence: string) => void) | undefined,
): Promise<Result<SqlBackend, string>> {
  const thread = new Worker(join(import.meta.dirname, "pglite-thread.ts"), {
    workerData: options,
    // Flags of the parent (a test runner's loader, a leash) are not the thread's business.
    execArgv: ["--no-warnings"],
  });
  const waiting = new Map<number, PromiseWithResolvers<SqlOutcome>>();
  const opened = Promise.withResolvers<string | null>();
  let last = 0;
  thread.on("message", (message: FromThread) => {
    switch (message.kind) {
      case "open":
        return opened.resolve(null);
      case "failed":
        return opened.resolve(message.message);
      case "done":
        waiting.get(message.id)?.resolve(message.outcome);
        waiting.delete(message.id);
    }
  });
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  let state: "opening" | "open" | "over" = "opening";
  const lose = (why: string): void => {
    if (state === "open")
      onLost?.(`The embedded database is lost: ${why}. Start again; nothing that was stored is gone.`);
    state = "over";
    opened.resolve(why);
    for (const one of waiting.values()) one.reject(new Error(`the database is lost: ${why}`));
    waiting.clear();
  };
  thread.once("error", (error: unknown) => lose(error instanceof Error ? error.message : String(error)));
  thread.once("exit", () => lose("its thread ended"));
  const timer = setTimeout(() => opened.resolve("it took too long"), OPEN_MS_MAX);
  const failure = await opened.promise;
  clearTimeout(timer);
  if (failure !== null) {
    await thread.terminate();
    return err(failure);
  }
  state = "open";
  return ok({
    run: (work) => {
      if (state === "over") return Promise.reject(new Error("the database is closed or lost"));
      const answer = Promise.withResolvers<SqlOutcome>();
      waiting.set(++last, answer);
      thread.postMessage({ id: last, work } satisfies ToThread);
      return answer.promise;
    },
    close: async () => {
      state = "over";
      thread.postMessage("close" satisfies ToThread);
      const late = setTimeout(() => void thread.terminate(), CLOSE_MS_MAX);
      await ended;
      clearTimeout(late);
    },
  });
}
