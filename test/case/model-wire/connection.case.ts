/** What every provider with a server must do when the connection misbehaves, in content or in time. */
import { expect, it } from "vitest";
import { assert } from "../../../src/platform/index.ts";
import { call, stream, TOKENS, text, wait } from "./answer.ts";
import { type Bench, TRACEPARENT } from "./bench.ts";

const never = () => new Promise<void>(() => undefined);

export function connectionCases(bench: Bench): void {
  const { server } = bench.rig;
  assert(server !== null, "this suite is for providers with a server");

  it("calls a stream cut that breaks after half the text", async () => {
    const received = Promise.withResolvers<void>();
    const failure = await bench.failure(stream([text("Half of"), wait(received.promise)], { end: "cut" }), {
      context: { onText: () => received.resolve() },
    });
    expect(failure.reason).toBe("cut");
  });

  it("calls a stream cut that ends politely before its time", async () => {
    expect(await bench.failure(stream([text("Half of")], { end: "eof" }))).toMatchObject({ reason: "cut" });
  });

  it("does not take a web page for an answer", async () => {
    for (const type of ["text/html", "text/event-stream", "application/json"]) {
      const outcome = await bench.ask({ kind: "page", body: "<h1>It works!</h1>", type });
      expect(outcome).toMatchObject({ ok: false, error: { reason: "cut" } });
    }
    const outcome = await bench.ask({
      kind: "page",
      body: "event: message_start\ndata: {oops\n\n",
      type: "text/event-stream",
    });
    expect(outcome).toMatchObject({ ok: false, error: { reason: "cut" } });
  });

  it("does not follow a redirect with the key", async () => {
    const outcome = await bench.ask({ kind: "redirect", to: `${server.origin}/elsewhere` });
    expect(outcome.ok).toBe(false);
    expect(server.seen).toHaveLength(1);
  });

  it("ends the request and rejects with the signal's reason when it is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("cancelled by the user");
    const left = server.departure();
    const asked = bench.ask(stream([text("a"), wait(never())]), {
      context: { signal: controller.signal, onText: () => controller.abort(reason) },
    });
    await expect(asked).rejects.toBe(reason);
    await left;
  });

  it("does not blame the provider for what the taker of the text throws", async () => {
    const fault = new Error("the disk is full");
    const asked = bench.ask(stream([text("a"), text("b")]), {
      context: {
        onText: () => {
          throw fault;
        },
      },
    });
    await expect(asked).rejects.toBe(fault);
  });

  it("breaks off an answer that grows beyond any honest one", async () => {
    const huge = Array.from({ length: 5 }, () => text("x".repeat(1024 * 1024)));
    expect(await bench.failure(stream(huge))).toMatchObject({ reason: "cut" });
    const calls = Array.from({ length: 257 }, (_, n) => call("read_file", "{}", `call_${n}`));
    expect(await bench.failure(stream(calls))).toMatchObject({ reason: "cut" });
  });

  it("passes the trace on", async () => {
    await bench.reply(stream([text("x")]));
    expect(server.seen[0]?.headers.traceparent).toBe(TRACEPARENT);
  });
}

export function timeCases(bench: Bench): void {
  const { rig } = bench;
  const { server } = rig;
  assert(server !== null, "this suite is for providers with a server");

  it("gives up a server that takes the request and never answers", async () => {
    const arrived = server.arrival();
    const left = server.departure();
    const asked = bench.failure({ kind: "silence" });
    await arrived;
    await bench.clock.advance(rig.headersMs + 1_000);
    expect(await asked).toMatchObject({ reason: "connect", detail: expect.stringContaining("did not answer in time") });
    await left;
  });

  it("gives up an answer that has no first token after 60 s", async () => {
    const headers = rig.headers();
    const answered = bench.failure(stream([wait(never())]));
    await headers;
    await bench.clock.advance(60_000);
    expect(await answered).toMatchObject({ reason: "timeout", detail: expect.stringContaining("no first token") });
  });

  it("gives up an answer that stalls for 60 s, and counts what it cost", async () => {
    const left = server.departure();
    const failure = await bench.failure(stream([text("Once upon"), wait(never())]), {
      context: { onText: () => void bench.clock.advance(60_000) },
    });
    expect(failure).toMatchObject({ reason: "timeout", detail: expect.stringContaining("stalled") });
    if (rig.name === "anthropic") expect(failure.usage).toMatchObject({ inputTokens: TOKENS.input });
    await left;
  });

  it("lets an answer be slow as long as pieces keep coming", async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let n = 0;
    const reply = await bench.reply(
      stream([
        text("a"),
        wait(gates[0]?.promise ?? never()),
        text("b"),
        wait(gates[1]?.promise ?? never()),
        text("c"),
        wait(gates[2]?.promise ?? never()),
      ]),
      { context: { onText: () => void bench.clock.advance(59_000).then(() => gates[n++]?.resolve()) } },
    );
    expect(reply.text).toBe("abc");
  });

  it("gives up an answer that is slow for longer than the attempt may take", async () => {
    const failure = await bench.failure(stream([text("a"), wait(never())]), {
      context: { timeoutMs: 30_000, onText: () => void bench.clock.advance(30_000) },
    });
    expect(failure).toMatchObject({ reason: "timeout", detail: expect.stringContaining("did not finish") });
  });
}
