/**
 * Processes of this machine, told apart beyond their number: a number is given again, the moment of the start with it
 * is not. Every process below the runner also carries RUN_MARK in its environment, which finds the ones nobody wrote down.
 */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

export type ProcessIdentity = {
  readonly pid: number;
  /** What the system says about its start, as text to compare; null when it would not tell. */
  readonly started: string | null;
};

/** Environment variable that children inherit; its value is the id of the run. */
export const RUN_MARK = "VASINI_RUN_ID";

/** Null when there is no such process (any more). */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  if (!isAlive(pid)) return null;
  const seen = await startFromProc(pid);
  if (seen === ENDED) return null;
  const started = seen ?? (await startFromPs(pid));
  // It may have ended while it was looked at.
  return isAlive(pid) ? { pid, started } : null;
}

/** True when `identity` still names the process it was made from. Unknown start: false, so that no stranger is ever ended. */
export async function isSame(identity: ProcessIdentity): Promise<boolean> {
  const now = await identify(identity.pid);
  return now !== null && now.started !== null && now.started === identity.started;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it lives, but belongs to somebody else.
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}

/** A process that ended and whose parent has not asked yet: it keeps its number, and holds nothing else. */
const ENDED = Symbol("ended");

/** Linux: ticks since boot (field 22 of stat), with the boot's id, because ticks start again with it. */
async function startFromProc(pid: number): Promise<string | typeof ENDED | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    // The name in parentheses may hold spaces and parentheses: fields are counted behind the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return ENDED;
    return fields[19] === undefined ? null : `${boot.trim()}/${fields[19]}`;
  } catch {
    // No /proc on this system, or the process is gone: the caller tells the two apart.
    return null;
  }
}

const run = promisify(execFile);

/** Systems without /proc. Seconds only, which together with the number is enough. */
async function startFromPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run("ps", ["-o", "lstart=", "-p", String(pid)], {
      // The same text whoever asks: it is the local time, in the words of the place.
      env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
      timeout: 5_000,
    });
    return stdout.trim() === "" ? null : stdout.trim();
  } catch {
    // No ps either, or no such process: the start stays unknown and nothing is ended on its account.
    return null;
  }
}

/** Processes that carry this run's mark, the asking one excepted. Empty where the system does not show environments. */
export async function findMarked(runId: string): Promise<readonly ProcessIdentity[]> {
  const entries = await readdir("/proc").catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found: ProcessIdentity[] = [];
  for (const pid of pids) {
    if (pid === process.pid) continue;
    // Unreadable: another user's, or gone.
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").includes(`${RUN_MARK}=${runId}`)) continue;
    const identity = await identify(pid);
    if (identity !== null && identity.started !== null) found.push(identity);
  }
  return found;
}

/** Children of `pid`, and theirs, on systems without /proc. */
export async function findDescendants(pid: number): Promise<readonly ProcessIdentity[]> {
  const { stdout } = await run("ps", ["-axo", "pid=,ppid="], { timeout: 5_000 }).catch(() => ({ stdout: "" }));
  const pairs = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const family = [pid];
  for (const parent of family) {
    for (const [child, of] of pairs) if (of === parent && child !== undefined) family.push(child);
  }
  const identities = await Promise.all(family.slice(1).map(identify));
  return identities.filter((identity) => identity !== null);
}
