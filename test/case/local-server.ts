/**
 * The real server, started as `npm start` starts it, on a free port with a data folder of its own. For suites that need
 * the whole thing: it is a process, so it can be stopped, killed and started again on the same data.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
/** What `npm start` is promised to need at most after an install. */
const READY_MS_MAX = 60_000;

export type LocalServer = {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything it printed so far. */
  readonly printed: () => string;
  /** Asks it to end. @returns its exit code, null when a signal ended it. */
  readonly stop: () => Promise<number | null>;
};

/** @param variables names of the product's configuration; nothing else of this process's environment but PATH and HOME. */
export async function startLocalServer(
  dataDir: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<LocalServer> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["src/local/start.ts"], {
    cwd: ROOT,
    env: { PATH, HOME, PORT: "0", VASINI_DATA_DIR: dataDir, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const url = new Promise<string>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`the server ${why}; it printed:\n${printed}`));
    const timer = setTimeout(() => fail(`was not ready within ${READY_MS_MAX} ms`), READY_MS_MAX);
    child.once("exit", (code) => fail(`ended with exit code ${code}`));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        // The address is printed once it answers.
        const found = /http:\/\/[\w.:[\]]+:\d+/.exec(printed)?.[0];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
    }
  });
  const stop = async (): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
    return child.exitCode;
  };
  try {
    return { url: await url, process: child, printed: () => printed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
