/** Who owns a data folder: one living runner; and what a killed one left behind is ended, and nothing else. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireLock, endAll, type LockRecord, parseLock } from "../../src/local/lock.ts";
import { findMarked, identify, isAlive, isSame, type ProcessIdentity, RUN_MARK } from "../../src/local/processes.ts";

let folder = "";
let path = "";
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vasini-lock-"));
  path = join(folder, "lock");
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** A process that stays until it is ended. */
async function startSleeper(environment: Record<string, string> = {}): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); console.log('up')"], {
    env: { PATH: process.env.PATH ?? "", ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(child);
  await once(child.stdout, "data");
  const identity = await identify(child.pid ?? 0);
  if (identity === null) throw new Error("the process ended");
  return identity;
}

const leave = (record: Partial<LockRecord>): Promise<void> =>
  writeFile(
    path,
    JSON.stringify({ runId: "run-0", runner: { pid: 4_000_000, started: "gone" }, children: [], url: null, ...record }),
  );

describe("the lock", () => {
  it("is taken when nobody holds it, and leaves nothing when released", async () => {
    const lock = await acquireLock(path, "run-1");
    const held = parseLock(await readFile(path, "utf8"));
    expect(held).toMatchObject({ runId: "run-1", runner: { pid: process.pid }, children: [], url: null });
    if (lock.ok) await lock.value.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("is left alone by a runner that lost it to another, and takes notes again after one that failed", async () => {
    const lock = await acquireLock(path, "run-1");
    if (!lock.ok) throw new Error(lock.error);
    await rm(folder, { recursive: true });
    await expect(lock.value.note({ url: "http://127.0.0.1:1" })).rejects.toThrow("ENOENT");
    await mkdir(folder);
    await lock.value.note({ url: "http://127.0.0.1:2" });
    expect(parseLock(await readFile(path, "utf8"))?.url).toBe("http://127.0.0.1:2");
    await leave({ runId: "run-2" });
    await lock.value.release();
    expect(parseLock(await readFile(path, "utf8"))?.runId).toBe("run-2");
  });

  it("is refused while its runner lives, and the sentence says where that serves", async () => {
    const runner = await startSleeper();
    await leave({ runner, url: "http://127.0.0.1:8787" });
    expect(await acquireLock(path, "run-1")).toEqual({
      ok: false,
      error: `npm start is already running at http://127.0.0.1:8787 (process ${runner.pid}); stop it, or set VASINI_DATA_DIR and PORT.`,
    });
    expect(isAlive(runner.pid)).toBe(true);
  });

  it("is taken over from a dead runner, whose children end first", async () => {
    const child = await startSleeper();
    await leave({ children: [child] });
    expect((await acquireLock(path, "run-1")).ok).toBe(true);
    expect(await isSame(child)).toBe(false);
    expect(await readdir(folder)).toEqual(["lock"]);
  });

  it("is taken over when the runner's number belongs to another process now", async () => {
    const stranger = await startSleeper();
    await leave({ runner: { pid: stranger.pid, started: "another boot/1" } });
    expect((await acquireLock(path, "run-1")).ok).toBe(true);
    expect(await isSame(stranger)).toBe(true);
  });

  it("never ends a process whose number was given again", async () => {
    const stranger = await startSleeper();
    await leave({
      children: [
        { pid: stranger.pid, started: "another boot/1" },
        { pid: stranger.pid, started: null },
      ],
    });
    expect((await acquireLock(path, "run-1")).ok).toBe(true);
    expect(await isSame(stranger)).toBe(true);
  });

  it("ends children nobody wrote down, by the mark they carry", async () => {
    const marked = await startSleeper({ [RUN_MARK]: "run-0" });
    const other = await startSleeper({ [RUN_MARK]: "run-7" });
    expect((await findMarked("run-0")).map(({ pid }) => pid)).toEqual([marked.pid]);
    await leave({});
    expect((await acquireLock(path, "run-1")).ok).toBe(true);
    expect(await isSame(marked)).toBe(false);
    expect(await isSame(other)).toBe(true);
  });

  it("is taken over when its file holds nothing a runner wrote", async () => {
    await writeFile(path, '{"runId": "run-0", "runner": {"pid": -1');
    expect((await acquireLock(path, "run-1")).ok).toBe(true);
  });

  it("is won by one of many starts at once", async () => {
    await leave({});
    const outcomes = await Promise.all(["a", "b", "c", "d"].map((runId) => acquireLock(path, runId)));
    const held = parseLock(await readFile(path, "utf8"));
    const winners = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.runId] : []));
    expect(winners).toEqual([held?.runId]);
  });

  it("is taken over after a start that was killed while taking over", async () => {
    await leave({});
    await writeFile(
      `${path}.claim-run-0`,
      JSON.stringify({ runId: "run-1", runner: { pid: 4_000_001, started: "gone" }, children: [], url: null }),
    );
    expect((await acquireLock(path, "run-2")).ok).toBe(false);
    expect((await acquireLock(path, "run-3")).ok).toBe(true);
    expect(await readdir(folder)).toEqual(["lock"]);
  });

  it("remembers children until they end, and the address", async () => {
    const [first, second] = [await startSleeper(), await startSleeper()];
    const lock = await acquireLock(path, "run-1");
    if (!lock.ok) throw new Error(lock.error);
    await lock.value.note({ children: [first] });
    await lock.value.note({ children: [second], url: "http://127.0.0.1:1" });
    expect(parseLock(await readFile(path, "utf8"))).toMatchObject({
      children: [first, second],
      url: "http://127.0.0.1:1",
    });
    expect(await endAll([first])).toEqual([]);
    const [ended] = children;
    if (ended !== undefined && ended.signalCode === null) await once(ended, "exit");
    await lock.value.note({ children: [second] });
    expect(parseLock(await readFile(path, "utf8"))?.children).toEqual([second]);
  });
});

describe("parseLock", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["text that is no JSON", "{"],
    ["a number that would address a group", '{"runId":"a","runner":{"pid":0,"started":null},"children":[]}'],
    ["the first process of the machine", '{"runId":"a","runner":{"pid":1,"started":null},"children":[]}'],
    ["no run id", '{"runner":{"pid":5,"started":null},"children":[]}'],
    ["null", "null"],
  ];
  for (const [name, text] of rows) it(`refuses ${name}`, () => expect(parseLock(text)).toBeNull());
});
