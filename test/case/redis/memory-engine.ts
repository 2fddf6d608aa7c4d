/**
 * A very small Redis in this process, for runs without a server. It knows the commands below with the arguments our own
 * code sends, and two scripts, by hash: the sliding window of @upstash/ratelimit 2.2 and the append to a tenant's stream,
 * done over in TypeScript.
 * Whatever else it is asked is an error, never a guess. The same suites run on a real server (TEST_REDIS_URL).
 */
import { createHash } from "node:crypto";
import { APPEND } from "../../../src/event/stream-store.ts";
import type { Engine, Reply } from "./rest.ts";

type Held = { value: string | Map<string, number>; until: number };

/** SHA-1 of the script's text, as Redis names it. Another release of the package has another, and is then refused. */
const SLIDING_WINDOW = "74740bb3d7792848093cdef586b6b6037c455fd6";

const sha1 = (script: string): string => createHash("sha1").update(script).digest("hex");

export function createMemoryEngine(now: () => number): Engine {
  const keys = new Map<string, Held>();
  const held = (key: string): Held | undefined => {
    const found = keys.get(key);
    if (found !== undefined && found.until <= now()) keys.delete(key);
    return keys.get(key);
  };
  const textOf = (key: string): string | null => {
    const value = held(key)?.value;
    if (value instanceof Map) throw new Error("WRONGTYPE Operation against a key holding the wrong kind of value");
    return value ?? null;
  };
  const setOf = (key: string): Map<string, number> => {
    const value = held(key)?.value ?? new Map<string, number>();
    if (!(value instanceof Map)) throw new Error("WRONGTYPE Operation against a key holding the wrong kind of value");
    return value;
  };
  /** Members by score, equal scores by their bytes. */
  const ordered = (key: string): string[] =>
    [...setOf(key)]
      .sort(([a, x], [b, y]) => x - y || Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map(([member]) => member);
  const keep = (key: string, value: Held["value"]): void => {
    keys.set(key, { value, until: held(key)?.until ?? Number.POSITIVE_INFINITY });
  };

  const slidingWindow = ([currentKey = "", previousKey = "", ...args]: readonly string[]): readonly number[] => {
    const [limit = 0, time = 0, window = 1, increment = 1] = args.map(Number);
    const previous = Math.floor((1 - (time % window) / window) * Number(textOf(previousKey) ?? 0));
    const current = Number(textOf(currentKey) ?? 0);
    if (previous + current >= limit) return [-1, limit];
    keep(currentKey, String(current + increment));
    const entry = keys.get(currentKey);
    if (current === 0 && entry !== undefined) entry.until = now() + window * 2 + 1_000;
    return [limit - (current + increment + previous), limit];
  };

  const streams = new Map<string, string[]>();
  /** Trims to the length exactly, where Redis does so about. */
  const append = ([stream = "", at = "", length = "", seconds = "", ...entries]: readonly string[]): number => {
    let mark = Number(textOf(at) ?? 0);
    for (let n = 0; n < entries.length; n += 2) {
      if (Number(entries[n]) <= mark) continue;
      mark = Number(entries[n]);
      streams.set(stream, [...(streams.get(stream) ?? []), entries[n + 1] ?? ""].slice(-Number(length)));
    }
    keys.set(at, { value: String(mark), until: now() + Number(seconds) * 1_000 });
    return mark;
  };

  const SCRIPTS = new Map<string, (parts: readonly string[]) => unknown>([
    [SLIDING_WINDOW, slidingWindow],
    [sha1(APPEND), append],
  ]);
  const evaluate = (hash: string, count: string, more: readonly string[]): unknown => {
    const script = SCRIPTS.get(hash);
    if (script === undefined || count !== "2") throw new Error(`ERR this test server does not know script ${hash}`);
    return script(more);
  };

  const commands: Readonly<Record<string, (...parts: string[]) => unknown>> = {
    GET: textOf,
    SET: (key = "", value = "", mode = "", ms = "") => {
      if (mode.toUpperCase() !== "PX") throw new Error("ERR this test server sets with PX only");
      keys.set(key, { value, until: now() + Number(ms) });
      return "OK";
    },
    DEL: (key = "") => Number(held(key) !== undefined && keys.delete(key)),
    PEXPIRE: (key = "", ms = "") => {
      const entry = held(key);
      if (entry !== undefined) entry.until = now() + Number(ms);
      return Number(entry !== undefined);
    },
    ZADD: (key = "", mode = "", score = "", member = "") => {
      if (mode.toUpperCase() !== "NX") throw new Error("ERR this test server adds with NX only");
      const members = setOf(key);
      const isNew = !members.has(member);
      keep(key, isNew ? new Map([...members, [member, Number(score)]]) : members);
      return Number(isNew);
    },
    ZREMRANGEBYRANK: (key = "", start = "", stop = "") => {
      if (start !== "0" || !stop.startsWith("-")) throw new Error("ERR this test server removes from the start only");
      const members = ordered(key);
      const gone = members.slice(0, Math.max(0, members.length + Number(stop) + 1));
      const left = new Map(setOf(key));
      for (const member of gone) left.delete(member);
      keep(key, left);
      return gone.length;
    },
    ZRANGE: (key = "", start = "", stop = "") => {
      if (start !== "0" || stop !== "-1") throw new Error("ERR this test server lists all only");
      return ordered(key);
    },
    XRANGE: (key = "", start = "", end = "") => {
      if (start !== "-" || end !== "+") throw new Error("ERR this test server lists all only");
      return (streams.get(key) ?? []).map((event, n) => [`${n}-0`, ["event", event]]);
    },
    EVALSHA: (hash = "", count = "", ...more) => {
      if (!SCRIPTS.has(hash)) throw new Error("NOSCRIPT No matching script. Please use EVAL.");
      return evaluate(hash, count, more);
    },
    EVAL: (script = "", count = "", ...more) => evaluate(sha1(script), count, more),
  };

  const runOne = ([name = "", ...parts]: readonly string[]): Reply => {
    const command = commands[name.toUpperCase()];
    if (command === undefined) return { error: `ERR this test server does not know ${name}` };
    try {
      return { result: command(...parts) };
    } catch (thrown) {
      return { error: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  };
  // One thread runs them: every batch is atomic.
  return { run: async (batch) => batch.map(runOne), close: async () => undefined };
}
