/**
 * `.vasini/lock`: which runner owns the data folder and which processes it started. Two workers on one folder would
 * corrupt it, and a worker whose runner was killed goes on serving: the next start ends it, and only it.
 */
import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { err, ok, type Result } from "../platform/index.ts";
import { ORPHAN_MS_MAX } from "./limits.ts";
import { findMarked, identify, isAlive, isSame, type ProcessIdentity } from "./processes.ts";

export type LockRecord = {
  readonly runId: string;
  readonly runner: ProcessIdentity;
  readonly children: readonly ProcessIdentity[];
  /** Where it serves; null until it does. */
  readonly url: string | null;
};

/** Null for text that no runner wrote: cut by a crash, or edited. */
export function parseLock(text: string): LockRecord | null {
  try {
    const { runId, runner, children, url }: Record<string, unknown> = JSON.parse(text);
    const owner = parseIdentity(runner);
    if (typeof runId !== "string" || owner === null || !Array.isArray(children)) return null;
    const known = children.map(parseIdentity).filter((child) => child !== null);
    return { runId, runner: owner, children: known, url: typeof url === "string" ? url : null };
  } catch {
    return null;
  }
}

function parseIdentity(value: unknown): ProcessIdentity | null {
  if (typeof value !== "object" || value === null || !("pid" in value) || !("started" in value)) return null;
  const { pid, started } = value;
  // 0 and negative numbers would address whole process groups.
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 1) return null;
  return typeof started === "string" || started === null ? { pid, started } : null;
}

export interface Lock {
  readonly runId: string;
  /** Writes down what was learnt since. Children that are still alive stay in the list. */
  note(facts: { readonly children?: readonly ProcessIdentity[]; readonly url?: string }): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the data folder, after ending what a killed runner left behind.
 * @returns one sentence when another runner is alive, or an orphan would not end.
 */
export async function acquireLock(path: string, runId: string): Promise<Result<Lock, string>> {
  const self = (await identify(process.pid)) ?? { pid: process.pid, started: null };
  const record: LockRecord = { runId, runner: self, children: [], url: null };
  if (await createWhole(path, record)) return ok(holdLock(path, record));
  const held = await readLock(path);
  if (held !== null && (await isOwnerAlive(held.runner))) return err(refusal(held));
  return takeOver(path, held, record);
}

const TAKEN =
  "Another npm start is taking the data folder at this moment; use that one, or set VASINI_DATA_DIR and PORT.";

const readLock = async (path: string): Promise<LockRecord | null> =>
  parseLock(await readFile(path, "utf8").catch(() => ""));

/**
 * Replaces a dead runner's record. Two starts may find it at once: a claim on exactly that record decides, and the
 * record is read again under the claim, because only its holder may replace it.
 */
async function takeOver(path: string, held: LockRecord | null, record: LockRecord): Promise<Result<Lock, string>> {
  const claim = `${path}.claim-${(held?.runId ?? "unreadable").replace(/[^A-Za-z0-9-]/g, "_")}`;
  if (!(await createWhole(claim, record))) {
    const claimant = await readLock(claim);
    if (claimant !== null && (await isOwnerAlive(claimant.runner))) return err(TAKEN);
    // A start that was killed while taking over. The next start finds the way free.
    await rm(claim, { force: true });
    return err("An earlier npm start was killed while starting; what it left is cleared now, so start again.");
  }
  try {
    const current = await readLock(path);
    if (current?.runId !== held?.runId) return err(TAKEN);
    const stubborn = held === null ? [] : await endOrphans(held);
    if (stubborn.length > 0) {
      return err(`Process ${stubborn.join(", ")} of an earlier start does not end; end it, then start again.`);
    }
    await replaceWhole(path, record);
    return ok(holdLock(path, record));
  } finally {
    await rm(claim, { force: true });
  }
}

/** Where a start cannot be told (no /proc, no ps, or none now), a living process of that number counts as the owner: refusing is safe. */
async function isOwnerAlive(owner: ProcessIdentity): Promise<boolean> {
  const now = await identify(owner.pid);
  if (now === null) return false;
  if (owner.started !== null && now.started !== null) return owner.started === now.started;
  return owner.pid !== process.pid;
}

const refusal = (held: LockRecord): string =>
  `npm start is already running${held.url === null ? "" : ` at ${held.url}`} (process ${held.runner.pid}); stop it, or set VASINI_DATA_DIR and PORT.`;

/** False when there is such a file. It appears with its whole text or not at all: nobody reads half a record. */
async function createWhole(path: string, record: LockRecord): Promise<boolean> {
  const draft = await writeDraft(path, record);
  try {
    await link(draft, path);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST") return false;
    throw thrown;
  } finally {
    await rm(draft, { force: true });
  }
}

async function replaceWhole(path: string, record: LockRecord): Promise<void> {
  await rename(await writeDraft(path, record), path);
}

async function writeDraft(path: string, record: LockRecord): Promise<string> {
  const draft = `${path}.draft-${randomUUID()}`;
  await writeFile(draft, JSON.stringify(record), { mode: 0o600 });
  return draft;
}

/**
 * Ends what a run has left: the processes that were noted, as far as they are still the same, and those that carry its mark.
 * @returns numbers of those that are still there after ORPHAN_MS_MAX
 */
export async function endOrphans(held: Pick<LockRecord, "runId" | "children">): Promise<readonly number[]> {
  const marked = await findMarked(held.runId);
  const noted: ProcessIdentity[] = [];
  for (const child of held.children) if (await isSame(child)) noted.push(child);
  return endAll([...noted, ...marked.filter((one) => !noted.some((other) => other.pid === one.pid))]);
}

/** Ends the processes at once and waits until they are gone. Numbers of those that are not. */
export async function endAll(processes: readonly ProcessIdentity[]): Promise<readonly number[]> {
  let left = [...processes];
  for (const deadline = Date.now() + ORPHAN_MS_MAX; left.length > 0 && Date.now() < deadline; ) {
    for (const { pid } of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone in the meantime, which is what was wanted; a process that may not be ended stays in the list.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    const same = await Promise.all(left.map(isSame));
    left = left.filter((_, index) => same[index] === true);
  }
  return left.map(({ pid }) => pid);
}

function holdLock(path: string, initial: LockRecord): Lock {
  let record = initial;
  let written = Promise.resolve();
  return {
    runId: initial.runId,
    note: ({ children, url }) => {
      const seen = children ?? [];
      const kept = record.children.filter((old) => isAlive(old.pid) && !seen.some((one) => one.pid === old.pid));
      const next = { ...record, children: [...kept, ...seen], url: url ?? record.url };
      if (JSON.stringify(next) === JSON.stringify(record)) return written;
      record = next;
      // One after the other, so that the last word is the newest.
      written = written.catch(() => undefined).then(() => replaceWhole(path, next));
      return written;
    },
    release: async () => {
      await written.catch(() => {
        // A failed write must not keep the lock from being removed.
      });
      // Another start may have taken it over meanwhile, and serves.
      if ((await readLock(path))?.runId === initial.runId) await rm(path, { force: true });
    },
  };
}
