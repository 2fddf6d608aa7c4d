/** The line before the one session of the embedded database: in order, one at a time, and nothing for who has left. */
import { describe, expect, it } from "vitest";
import { openEndpoint } from "../../../src/local/database/endpoint.ts";
import { oneAfterTheOther } from "../../../src/local/database/line.ts";
import type { Credentials, SqlBackend, SqlOutcome, SqlWork } from "../../../src/local/database/protocol.ts";

const WHO: Credentials = { user: "app_user", password: "p", database: "d" };
const work = (query: string): SqlWork => ({ user: "app_user", begin: null, statements: [{ query, params: [] }] });
const done: SqlOutcome = { ok: true, results: [{ fields: [], rows: [], command: "SELECT", rowCount: 0 }] };

/** A database whose work ends when it is told to. */
function rig() {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<SqlOutcome>>();
  const backend: SqlBackend = {
    run: async ({ statements }) => {
      const name = statements[0]?.query ?? "";
      begun.push(name);
      const end = Promise.withResolvers<SqlOutcome>();
      ends.set(name, end);
      return end.promise;
    },
    close: async () => undefined,
  };
  const line = oneAfterTheOther(backend);
  return {
    begun,
    line,
    ask: (name: string, isWanted = () => true) => line.run(work(name), WHO, isWanted),
    end: (name: string) => ends.get(name)?.resolve(done),
    fail: (name: string) => ends.get(name)?.reject(new Error("the thread ended")),
  };
}
/** Lets everything run that is waiting for nothing but its turn. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("the line", () => {
  it("runs one at a time, in the order they came", async () => {
    const { begun, ask, end } = rig();
    const asked = ["a", "b", "c"].map((name) => ask(name));
    for (const [index, name] of ["a", "b", "c"].entries()) {
      await settle();
      expect(begun).toEqual(["a", "b", "c"].slice(0, index + 1));
      end(name);
    }
    expect(await Promise.all(asked)).toEqual([done, done, done]);
  });

  it("passes over work whose caller hung up before its turn", async () => {
    const { begun, ask, end } = rig();
    let isWanted = true;
    const first = ask("a");
    const left = ask("b", () => isWanted);
    const last = ask("c");
    await settle();
    isWanted = false;
    end("a");
    expect(await left).toMatchObject({ ok: false, failure: { message: "the caller hung up" } });
    await settle();
    expect(begun).toEqual(["a", "c"]);
    end("c");
    expect(await Promise.all([first, last])).toEqual([done, done]);
  });

  it("goes on after work that failed", async () => {
    const { ask, fail, end } = rig();
    const first = ask("a");
    const second = ask("b");
    await settle();
    fail("a");
    await expect(first).rejects.toThrow("the thread ended");
    await settle();
    end("b");
    expect(await second).toEqual(done);
  });
});

describe("the endpoint", () => {
  it("tells the line when a caller has hung up", async () => {
    const asked = Promise.withResolvers<() => boolean>();
    const over = Promise.withResolvers<SqlOutcome>();
    const backend: SqlBackend = {
      run: (_work, _credentials, isWanted) => {
        asked.resolve(isWanted);
        return over.promise;
      },
      close: async () => undefined,
    };
    const endpoint = await openEndpoint(backend, { app_user: "p" }, { database: "d" });
    const caller = new AbortController();
    const call = fetch(endpoint.url, {
      method: "POST",
      headers: { "neon-connection-string": endpoint.connectionString("app_user") },
      body: JSON.stringify({ query: "select 1" }),
      signal: caller.signal,
    }).catch((thrown: unknown) => thrown);
    const isWanted = await asked.promise;
    expect(isWanted()).toBe(true);
    caller.abort();
    await call;
    while (isWanted()) await settle();
    over.resolve(done);
    await endpoint.close();
  });
});
