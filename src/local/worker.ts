/**
 * The worker as a process: `wrangler dev` and the runtime below it. Started, watched, started again when it ends by
 * itself, and ended for good with everything it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { HEALTHY_MS, RESTART_BASE_MS, RESTARTS_MAX, STOP_MS_MAX } from "./limits.ts";
import { endAll, endOrphans } from "./lock.ts";
import { findDescendants, findMarked, identify, type ProcessIdentity, RUN_MARK } from "./processes.ts";
import { WORKER_VARIABLES } from "./settings.ts";
import { createJudge } from "./worker-output.ts";

export type WorkerOptions = {
  /** The repository: where wrangler.toml is. */
  readonly root: string;
  readonly dataDir: string;
  readonly envFile: string;
  readonly runId: string;
  readonly onLine: (line: string) => void;
  /** For the terminal. */
  readonly onShow: (line: string) => void;
  /** The worker serves on this loopback port; comes again after each restart. 0: it has ended, and the port may be another program's. */
  readonly onServing: (port: number) => void;
  /** It ended by itself too often; one sentence. */
  readonly onGivenUp: (sentence: string) => void;
};

export interface Worker {
  /** Every process below this one that belongs to the run. */
  processes(): Promise<readonly ProcessIdentity[]>;
  /** For one that does not answer: it is ended, and started again as after any other end. */
  restart(): void;
  /** Resolves when nothing of it is left. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Variables that make wrangler quiet and keep it off the network and out of the home folder. Its explorer would open every
 * object to whoever asks, and its observability write each request and line of the log into the data folder, for ever.
 */
const QUIET = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_WRITE_LOGS: "false",
  X_LOCAL_EXPLORER: "false",
  X_LOCAL_OBSERVABILITY: "false",
  FORCE_COLOR: "0",
} as const;

export function startWorker(options: WorkerOptions): Worker {
  let child: ChildProcess | null = null;
  let stopping: Promise<void> | null = null;
  let restarts = 0;
  let hasServed = false;
  let timer: NodeJS.Timeout | undefined;
  /** What was last seen of it: where environments cannot be read, nothing else finds a runtime whose wrangler was killed. */
  let seen: readonly ProcessIdentity[] = [];
  /** The runtime outlives a wrangler that was killed, and would hold the data folder. */
  const endLeftovers = (): Promise<unknown> => endOrphans({ runId: options.runId, children: seen });

  const launch = (): void => {
    const startedAt = Date.now();
    child = spawnWrangler({
      ...options,
      onServing: (port) => {
        hasServed = true;
        options.onServing(port);
      },
    });
    child.once("exit", (code, signal) => {
      child = null;
      options.onServing(0);
      if (stopping !== null) return;
      restarts = Date.now() - startedAt > HEALTHY_MS ? 1 : restarts + 1;
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      // Ctrl-C reaches the whole group: our own signal handler may simply not have run yet, so nothing is said before
      // the delay is over.
      const delayMs = RESTART_BASE_MS * 2 ** (restarts - 1);
      timer = setTimeout(() => {
        if (!hasServed) return options.onGivenUp(`The worker did not start: it ended ${how}; see the log.`);
        if (restarts > RESTARTS_MAX) return options.onGivenUp(`The worker ended ${how} again and again; see the log.`);
        options.onShow(`The worker ended ${how}; starting it again.`);
        void endLeftovers().then(launch);
      }, delayMs);
    });
  };
  launch();

  const processes = async (): Promise<readonly ProcessIdentity[]> => {
    const marked = await findMarked(options.runId);
    if (marked.length > 0 || child?.pid === undefined) return marked;
    const own = await identify(child.pid);
    seen = [...(own === null ? [] : [own]), ...(await findDescendants(child.pid))];
    return seen;
  };
  return {
    processes,
    restart: () => void child?.kill("SIGKILL"),
    stop: () => {
      stopping ??= (async () => {
        clearTimeout(timer);
        const family = await processes();
        if (child !== null) await endGently(child);
        await endAll(family);
        await endLeftovers();
      })();
      return stopping;
    },
  };
}

async function endGently(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const late = AbortSignal.timeout(STOP_MS_MAX);
  await Promise.race([ended, new Promise<void>((resolve) => late.addEventListener("abort", () => resolve()))]);
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
}

/** The environment without what the worker is given by file: whoever may read a process's environment need not see keys. */
function withoutSecrets(): NodeJS.ProcessEnv {
  const hidden = new Set<string>([...WORKER_VARIABLES, "CLOUDFLARE_ENV", "NO_COLOR"]);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.has(name)));
}

function spawnWrangler(options: WorkerOptions): ChildProcess {
  const wrangler = dirname(createRequire(import.meta.url).resolve("wrangler/package.json"));
  const flags = [
    ["--config", join(options.root, "wrangler.toml")],
    ["--env-file", options.envFile],
    // Any free port, on loopback whatever HOST says: users connect to the runner, which passes them on.
    ["--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"],
    ["--persist-to", join(options.dataDir, "state")],
    ["--show-interactive-dev-session=false"],
  ].flat();
  // The program itself, not its launcher: one process less that could outlive the others.
  const child = spawn(
    process.execPath,
    [
      "--no-warnings",
      "--import",
      import.meta.resolve("./leash.ts"),
      join(wrangler, "wrangler-dist/cli.js"),
      "dev",
      ...flags,
    ],
    {
      cwd: options.root,
      env: {
        ...withoutSecrets(),
        ...QUIET,
        WRANGLER_REGISTRY_PATH: join(options.dataDir, "registry"),
        [RUN_MARK]: options.runId,
      },
      // The pipe into it is never written to: it is the leash.
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  for (const stream of [child.stdout, child.stderr]) {
    const judge = createJudge();
    createInterface({ input: stream }).on("line", (line) => {
      const { log, show, readyUrl } = judge(line);
      options.onLine(log);
      if (show !== null) options.onShow(show);
      const port = Number(readyUrl === null ? Number.NaN : URL.parse(readyUrl)?.port);
      if (port > 0) options.onServing(port);
    });
  }
  child.on("error", (error) => options.onShow(`wrangler could not be started: ${error.message}`));
  return child;
}
