/** Trying a policy before it is kept: whose fault it is that it cannot be tried, and how long it may take. */
import { describe, expect, it } from "vitest";
import { type Clock, parseTenantId } from "../../src/platform/index.ts";
import { createPolicyIsolates, createPolicyShelf } from "../../src/policy/index.ts";
import type { PolicyIsolates } from "../../src/policy/isolates.ts";
import { ASK_ATTEMPTS_MAX, OWN_TIMEOUT_MS } from "../../src/policy/limits.ts";
import { env } from "../api/gateway.ts";
import { hastyClock, manualClock } from "../api/ports.ts";
import { ANSWER, handMade } from "./hand-made.ts";

const MODULE = handMade({ body: ANSWER });

/** Sleeps between tries end at once; a limit on waiting is never reached. */
const hastyClockThatWaits = (): Clock => ({
  ...manualClock(),
  sleep: (ms, signal) => (ms >= OWN_TIMEOUT_MS ? new Promise(() => undefined) : hastyClock().sleep(ms, signal)),
});

function check(isolates: PolicyIsolates, clock: Clock = hastyClockThatWaits()) {
  const tenant = parseTenantId("policies-shelf");
  if (tenant === undefined) throw new Error("it is a tenant");
  return createPolicyShelf({ bucket: env.PACKS, isolates, clock }).check(tenant, MODULE);
}

describe("a policy that is tried", () => {
  it("is not called wrong where our own part is missing", async () => {
    let times = 0;
    const assets = async () => {
      times++;
      return new Response(null, { status: 404 });
    };
    const checked = check(createPolicyIsolates({ loader: env.LOADER, assets }));
    expect(await checked.catch((thrown: unknown) => thrown)).toMatchObject({ code: "UNAVAILABLE" });
    expect(times).toBe(ASK_ATTEMPTS_MAX);
  });

  it("is asked again after an interruption", async () => {
    const isolates = createPolicyIsolates({
      loader: env.LOADER,
      assets: (path) => env.ASSETS.fetch(`http://assets${path}`),
    });
    let left = ASK_ATTEMPTS_MAX - 1;
    const ask: PolicyIsolates["ask"] = (...question) =>
      left-- > 0 ? Promise.reject(new Error("the isolate was stopped")) : isolates.ask(...question);
    expect(await check({ ask })).toEqual({ ok: true, value: [] });
  });

  it("is too slow when it takes longer than it may where it decides", async () => {
    const clock = manualClock();
    const started = Promise.withResolvers<void>();
    const ask = () => {
      started.resolve();
      return new Promise<never>(() => undefined);
    };
    const checked = check({ ask }, clock);
    await started.promise;
    clock.advance(OWN_TIMEOUT_MS);
    expect(await checked).toEqual({ ok: false, error: expect.stringContaining("It is too slow") });
  });
});
