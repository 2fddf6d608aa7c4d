/**
 * `npm start` after its settings are known: lock, keys, database, worker, packs, front, and the end of all of them. Ends
 * by signal or by one sentence, never by a stack trace.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "../cli/index.ts";
import { consumerNames } from "../consumers.ts";
import { err, ok, type Result } from "../platform/index.ts";
import { buildAssets } from "./assets.ts";
import { makeDataFolder } from "./data-folder.ts";
import { startEmbeddedDatabase } from "./database/embedded.ts";
import type { DatabaseEndpoint } from "./database/endpoint.ts";
import { toEnvFile } from "./env-file.ts";
import { type Front, openFront, probeAddress } from "./front.ts";
import { withGeneratedKeys } from "./keys.ts";
import * as limits from "./limits.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { openLogFile } from "./log-file.ts";
import { createRecovery } from "./lost-events.ts";
import { createPackPublisher, type PackPublisher, type PublishReport } from "./packs.ts";
import type { LocalSettings } from "./settings.ts";
import { createWatch } from "./watch.ts";
import { startWorker, type Worker } from "./worker.ts";

export type Terminal = { out(line: string): void; problem(line: string): void };

export interface Runner {
  /** Serves; or one sentence per fault, and nothing is left running. Undefined when it was stopped meanwhile. */
  start(): Promise<Result<{ readonly url: string }, readonly string[]> | undefined>;
  /** Resolves to a sentence when the worker or the database cannot be kept alive; never otherwise. */
  readonly givenUp: Promise<string>;
  /** Ends everything. Any number of calls, at any moment. */
  stop(): Promise<void>;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a closure factory: the parts of one run share their state here and nowhere else
export function createRunner(root: string, settings: LocalSettings, terminal: Terminal): Runner {
  const { dataDir, host } = settings;
  /** The operator's secrets are in it, so it is there no longer than the worker. */
  const envFile = join(dataDir, "worker.env");
  const ending = new AbortController();
  const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<string>();
  const serving = Promise.withResolvers<void>();
  const timers: NodeJS.Timeout[] = [];
  let stopped: Promise<void> | null = null;
  let lock: Lock | null = null;
  let database: Promise<Result<DatabaseEndpoint | null, string>> | null = null;
  let worker: Worker | null = null;
  let front: Front | null = null;
  let log: ReturnType<typeof openLogFile> | null = null;
  let workerPort = 0;
  /** Events that the worker before this one lost are back in the outbox. */
  let recovered = Promise.resolve();

  /** The private address; never the front, which is closed until all is ready. */
  const call = (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${workerPort}${path}`, {
      signal: AbortSignal.any([ending.signal, AbortSignal.timeout(limits.REQUEST_MS_MAX)]),
    });
  /** The worker may be restarting; the next minute asks again. */
  const runScheduled = async (): Promise<void> => {
    await recovered.catch(() => undefined);
    const response = await call("/cdn-cgi/local/scheduled").catch(() => null);
    await response?.body?.cancel().catch(() => undefined);
  };
  const watch = createWatch({
    ask: () => call("/health"),
    restart: () => {
      terminal.problem("The worker does not answer any more; starting it again.");
      worker?.restart();
    },
  });
  const every = (ms: number, task: () => void): void => {
    timers.push(setInterval(task, ms));
  };

  const launch = async (held: Lock): Promise<Result<{ readonly url: string }, readonly string[]> | undefined> => {
    database = startDatabase(settings, giveUp);
    // At once, because each uses a core of its own; neither leaves the other running unheard.
    const [assets, opened] = await Promise.all([buildAssets(root, ending.signal), database]);
    if (!assets.ok) return err([assets.error]);
    if (!opened.ok) return err([opened.error]);
    if (ending.signal.aborted) return undefined;
    const variables = await withGeneratedKeys({ ...settings.variables, ...databaseVariables(opened.value) }, dataDir);
    const text = toEnvFile(variables);
    if (!text.ok) return text;
    await writeFile(envFile, text.value, { mode: 0o600 });
    await chmod(envFile, 0o600);
    if (ending.signal.aborted) return undefined;

    const recoverEvents = createRecovery(opened.value, consumerNames(settings.config), (line) => log?.line(line));
    worker = startWorker({
      root,
      dataDir,
      envFile,
      runId: held.runId,
      onLine: (line) => log?.line(line),
      onShow: terminal.problem,
      onServing: (port) => {
        workerPort = port;
        if (port === 0) return;
        recovered = recoverEvents();
        serving.resolve();
      },
      onGivenUp: giveUp,
    });
    const noteChildren = async (): Promise<void> => {
      if (worker !== null && !ending.signal.aborted) await held.note({ children: await worker.processes() });
    };
    every(limits.CHILDREN_POLL_MS, () => void noteChildren().catch((thrown) => log?.line(`lock: ${String(thrown)}`)));
    const ready = await waitUntilReady({ serving: serving.promise, call, ending: ending.signal, givenUp });
    if (ready !== null) return ending.signal.aborted ? undefined : err([ready]);
    await noteChildren();

    const packs = createPackPublisher(join(root, "packs"), () =>
      createClient({
        settings: { url: `http://127.0.0.1:${workerPort}`, apiKey: variables.ADMIN_API_KEY ?? null, tenant: null },
        signal: ending.signal,
      }),
    );
    await publish(packs, terminal, "start");
    if (ending.signal.aborted) return undefined;
    void runScheduled();
    const open = await openFront({ host, port: settings.port }, () => workerPort);
    if (!open.ok) return err([open.error]);
    front = open.value;
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${front.port}`;
    await held.note({ url });
    every(limits.SCHEDULED_EVERY_MS, () => void runScheduled());
    every(limits.SCHEDULED_EVERY_MS, () => void watch());
    every(
      limits.PACKS_POLL_MS,
      () => void publish(packs, terminal, "edit").catch((thrown) => log?.line(`packs: ${String(thrown)}`)),
    );
    return ok({ url });
  };

  return {
    givenUp,
    start: async () => {
      const taken = await probeAddress({ host, port: settings.port });
      const made = await makeDataFolder(dataDir);
      if (!made.ok) return err([made.error]);
      const acquired = await acquireLock(join(dataDir, "lock"), randomUUID());
      if (!acquired.ok) return err([acquired.error]);
      lock = acquired.value;
      // An orphan that held the port is gone by now; anybody else is not.
      const stillTaken = taken === null ? null : await probeAddress({ host, port: settings.port });
      if (stillTaken !== null) return err([stillTaken]);
      log = openLogFile(join(dataDir, "log"), limits.LOG_BYTES_MAX, terminal.problem);
      return launch(lock);
    },
    stop: () => {
      stopped ??= (async () => {
        ending.abort(new Error("stopping"));
        for (const timer of timers) clearInterval(timer);
        await front?.close();
        await worker?.stop();
        if (lock !== null) await rm(envFile, { force: true });
        // After the worker, which may be writing its last rows.
        const opened = await database;
        if (opened?.ok) await opened.value?.close();
        await lock?.release();
        log?.close();
      })();
      return stopped;
    },
  };
}

/** The embedded database; null when another one is configured. Its passwords live as long as this process, the owner's in it alone. */
async function startDatabase(
  settings: LocalSettings,
  onLost: (sentence: string) => void,
): Promise<Result<DatabaseEndpoint | null, string>> {
  if (settings.config.database !== null) return ok(null);
  const users = { app_user: newPassword(), outbox_publisher: newPassword(), postgres: newPassword() };
  return startEmbeddedDatabase({ dataDir: join(settings.dataDir, "database"), users, onLost });
}

const newPassword = (): string => randomBytes(24).toString("base64url");

const databaseVariables = (endpoint: DatabaseEndpoint | null): Record<string, string> =>
  endpoint === null
    ? {}
    : {
        DATABASE_URL: endpoint.connectionString("app_user"),
        DATABASE_HTTP_ENDPOINT: endpoint.url,
        OUTBOX_DATABASE_URL: endpoint.connectionString("outbox_publisher"),
      };

/** Null once the worker accepts tasks; otherwise a sentence. */
async function waitUntilReady(ports: {
  readonly serving: Promise<void>;
  readonly call: (path: string) => Promise<Response>;
  readonly ending: AbortSignal;
  readonly givenUp: Promise<string>;
}): Promise<string | null> {
  const late = AbortSignal.timeout(limits.READY_MS_MAX);
  const over = AbortSignal.any([late, ports.ending]);
  const isOver = new Promise<"over">((resolve) =>
    over.addEventListener("abort", () => resolve("over"), { once: true }),
  );
  const first = await Promise.race([ports.serving.then(() => null), isOver, ports.givenUp]);
  if (first !== null && first !== "over") return first;
  let last = "it does not serve";
  while (!over.aborted) {
    // Any failure here is a worker that is not there yet: the loop is the wait.
    const answer = await ports.call("/ready").catch(() => null);
    if (answer?.ok) return null;
    if (answer !== null) last = `/ready answers ${answer.status}: ${(await answer.text()).trim().slice(0, 300)}`;
    await Promise.race([new Promise((resolve) => setTimeout(resolve, limits.READY_POLL_MS)), isOver]);
  }
  return `The worker was not ready within ${limits.READY_MS_MAX / 1000} seconds (${last}).`;
}

async function publish(packs: PackPublisher, terminal: Terminal, when: "start" | "edit"): Promise<void> {
  const reports = await packs.publishChanged();
  for (const report of reports) describeReport(report, terminal, when);
  const good = reports.filter((report) => report.ok);
  if (when === "start" && good.length > 0)
    terminal.out(`Packs      ${good.map((report) => report.published).join(", ")}`);
}

function describeReport(report: PublishReport, terminal: Terminal, when: "start" | "edit"): void {
  if (report.ok) {
    const warnings = report.lines.length;
    const more = warnings === 0 ? "" : ` (${warnings} warnings: npx vasini pack validate ${report.folder})`;
    if (when === "edit") terminal.out(`Published ${report.published}${more}`);
    else if (warnings > 0) terminal.out(`Warnings   ${report.folder}${more}`);
    return;
  }
  for (const line of report.lines) terminal.problem(line);
  terminal.problem(
    `packs/${report.folder} was not published; mend it and it is tried again. What was published before stays.`,
  );
}
