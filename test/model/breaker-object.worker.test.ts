/** The shared breaker in the real runtime: one object per model, asked by many at once, its state kept. */
import { env as bindings, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Bindings } from "../../src/bindings.ts";
import { createBreakerClient } from "../../src/model/index.ts";
import { BREAKER_OPEN_MS } from "../../src/model/limits.ts";
import { createLog } from "../../src/platform/index.ts";
import { patientClock } from "../api/ports.ts";

const env = bindings as unknown as Bindings; // the bindings of wrangler.toml, by their own type

const log = createLog({}, () => undefined);
/** A client per isolate: nothing is shared between two of them but the object. */
const isolate = () =>
  createBreakerClient({ objectFor: (name) => env.BREAKER.getByName(name), clock: patientClock, log });

/** Moves the object's past, for the runtime's clock cannot be moved. */
const age = (model: string, state: unknown) =>
  runInDurableObject(env.BREAKER.getByName(model), (_object, { storage }) => storage.kv.put("breaker", state));

const stateOf = (model: string) =>
  runInDurableObject(env.BREAKER.getByName(model), (_object, { storage }) => storage.kv.get("breaker"));

const trip = async (model: string) => {
  for (let n = 0; n < 5; n += 1) await isolate().report(model, { kind: "failure" });
};

describe("the shared breaker", () => {
  it("is open for every isolate after five failures that different isolates saw", async () => {
    await trip("anthropic/shared");
    const answer = await isolate().ask("anthropic/shared");
    expect(answer.kind).toBe("open");
  });

  it("is kept apart by model, also when a model's name holds slashes", async () => {
    await trip("openai/meta/llama");
    expect((await isolate().ask("openai/meta/llama")).kind).toBe("open");
    expect((await isolate().ask("openai/meta")).kind).toBe("closed");
  });

  it("stores nothing for a model that only ever worked", async () => {
    await isolate().ask("anthropic/healthy");
    expect(await stateOf("anthropic/healthy")).toBeUndefined();
  });

  it("grants one probe to 50 isolates that ask at once", async () => {
    const model = "anthropic/probed";
    await age(model, { kind: "open", since: Date.now() - BREAKER_OPEN_MS });
    const answers = await Promise.all(Array.from({ length: 50 }, () => isolate().ask(model)));
    expect(answers.filter(({ kind }) => kind === "probe")).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === "open")).toHaveLength(49);
  });

  it("closes for everybody with the probe's success, and forgets its past", async () => {
    const model = "anthropic/mended";
    await age(model, { kind: "open", since: Date.now() - BREAKER_OPEN_MS });
    const prober = isolate();
    const answer = await prober.ask(model);
    if (answer.kind !== "probe") throw new Error("expected a probe");
    await prober.report(model, { kind: "probe", lease: answer.lease, result: "success" });
    expect((await isolate().ask(model)).kind).toBe("closed");
    expect(await stateOf(model)).toBeUndefined();
  });

  it("gives the lease of a probe that never reported to the next caller", async () => {
    const model = "anthropic/orphaned";
    await age(model, { kind: "half_open", lease: { id: "lost", expiresAt: Date.now() - 1 } });
    expect((await isolate().ask(model)).kind).toBe("probe");
  });
});
