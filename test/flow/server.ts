/** `npm start` as a user runs it, on a free port with a data directory of its own, and the end of everything it began. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { READY_MS_MAX } from "../../src/local/limits.ts";

/** The last line that a start prints; everything is up by then, packs included. */
const LAST_LINE = "Ctrl-C";

/** What a start may take: over READY_MS_MAX, so that a start says itself what hangs. One that cannot fails here, with its output. */
const START_MS_MAX = READY_MS_MAX + 30_000;

export const newDataDir = (): string => mkdtempSync(join(tmpdir(), "vasini-flow-"));
export const dropDataDir = (dir: string): void => rmSync(dir, { recursive: true, force: true });

/**
 * Below the ports that systems give to whoever asks for any (Linux from 32768, others from 49152): one of those may be
 * somebody's connection by the time a server has started. Each process looks from a place of its own on.
 */
const PORTS = { first: 20_000, count: 12_000 };
let looked = process.pid * 31 + threadId * 997;

export async function freePort(): Promise<number> {
  for (let left = PORTS.count; left > 0; left--) {
    const port = PORTS.first + (looked++ % PORTS.count);
    if (await isFree(port)) return port;
  }
  throw new Error("no port is free");
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((tell) => {
    probe.once("error", () => tell(false)); // somebody's
    probe.listen(port, "127.0.0.1", () => probe.close(() => tell(true)));
  });
}

export type Server = {
  readonly url: string;
  readonly output: () => string;
  /** SIGKILL to the whole process group: nothing gets to say goodbye. */
  readonly kill: () => Promise<void>;
  /** SIGINT as Ctrl-C sends it; resolves to the exit code. */
  readonly interrupt: () => Promise<number | null>;
};

export async function startServer(options: {
  readonly dataDir: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The checkout that is started; this one when absent. */
  readonly root?: string;
}): Promise<Server> {
  const child = spawn("npm", ["start"], {
    detached: true,
    ...(options.root === undefined ? {} : { cwd: options.root }),
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env, PORT: String(options.port), VASINI_DATA_DIR: options.dataDir },
  });
  const output: string[] = [];
  child.stdout.on("data", (data) => output.push(String(data)));
  child.stderr.on("data", (data) => output.push(String(data)));
  const url = `http://127.0.0.1:${options.port}`;
  const server: Server = {
    url,
    output: () => output.join(""),
    kill: () => end(child, "SIGKILL").then(() => undefined),
    interrupt: () => end(child, "SIGINT"),
  };
  await ready(child, server);
  return server;
}

function ready(child: ChildProcess, server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      void end(child, "SIGKILL");
      reject(new Error(`${why}:\n${server.output()}`));
    };
    const timer = setTimeout(() => fail("not ready in time"), START_MS_MAX);
    child.once("exit", (code) => fail(`ended with ${code} before it was ready`));
    child.stdout?.on("data", () => {
      if (!server.output().includes(LAST_LINE)) return;
      clearTimeout(timer);
      child.removeAllListeners("exit");
      resolve();
    });
  });
}

async function end(child: ChildProcess, signal: "SIGKILL" | "SIGINT"): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return child.exitCode;
  const exited = once(child, "exit");
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already; the exit event is on its way.
  }
  await exited;
  return child.exitCode;
}
