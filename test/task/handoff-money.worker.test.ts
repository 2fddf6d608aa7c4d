/** What children cost their parents, in the real runtime, with a model whose every turn has a price. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { assert } from "../../src/platform/index.ts";
import { taskServices } from "../../src/wire.ts";
import {
  childrenOf,
  deafen,
  handingTo,
  handoff,
  limitOf,
  resultsOf,
  stubOf,
  undeafen,
  untilAway,
  untilEnded,
} from "./handoffs.ts";
import { accept, env, publish, readUntil, TENANT, TOOLS } from "./harness.ts";

const TURN_MICROS = 1_000;

/** The router is one for all tasks of an isolate: what it says of each turn is what each of them costs. */
beforeEach(() =>
  runInDurableObject(stubOf(TENANT, "prices"), (_, state) => {
    const { router } = taskServices(env, state);
    const complete = router.complete;
    vi.spyOn(router, "complete").mockImplementation(async (request, context) => {
      const outcome = await complete(request, context);
      return outcome.ok ? { ok: true, value: { ...outcome.value, costMicros: TURN_MICROS } } : outcome;
    });
  }),
);
afterEach(() => void vi.restoreAllMocks());

const limited = (dollars: string): string =>
  TOOLS.replace("tools:", `tools:\n  tool_policies: { cost_limit_per_task: "${dollars}" }`);

describe("the money of a family", () => {
  it("is short by what a child cost, for everything after it", async () => {
    await publish("helper");
    const parent = await accept(`${handoff("helper", "@say one")}\n${handoff("helper", "@say two")}`, {
      pack: "thrifty",
      extra: handingTo({ helper: "minimal" }, limited("$1")),
    });
    await parent.stub().kick();
    const limits = await Promise.all(childrenOf(await untilEnded(parent.stub)).map((child) => limitOf(TENANT, child)));
    // The second has two turns of the parent before it, and the one turn of the first child.
    expect(limits).toEqual([1_000_000 - TURN_MICROS, 1_000_000 - 3 * TURN_MICROS]);
  });

  it("is short by all that was set aside for a grandchild, when the child is cancelled over it", async () => {
    await publish("helper");
    await publish("deepest", limited("$0.25"));
    await publish("middle", handingTo({ deepest: "minimal" }));
    const input = `${handoff("middle", handoff("deepest", "@sleep 10m"))}\n${handoff("helper", "@say two")}`;
    const parent = await accept(input, {
      pack: "grandparent",
      extra: handingTo({ middle: "minimal", helper: "minimal" }, limited("$1")),
    });
    await parent.stub().kick();
    const [middleId] = childrenOf(await untilAway(parent.stub));
    assert(middleId !== undefined, "it was handed over");
    const middle = () => stubOf(TENANT, middleId);
    const [deepestId] = childrenOf(await untilAway(middle));
    assert(deepestId !== undefined, "it was handed on");
    const deepest = () => stubOf(TENANT, deepestId);
    await readUntil(deepest(), ({ type }) => type === "step.started");
    // What the grandchild cost is heard of by asking alone.
    await deafen(middle());
    await middle().cancel();
    const events = await untilEnded(parent.stub);
    const [, secondId] = childrenOf(events);
    assert(secondId !== undefined, "it went on");
    expect(await limitOf(TENANT, secondId)).toBe(1_000_000 - 3 * TURN_MICROS - 250_000);
    expect(resultsOf(events).map(({ success }) => success)).toEqual([false, true]);
    const chargeOf = async () => {
      const report = await middle().childReport();
      assert(report !== null && report !== "going", "the child has ended");
      return report.charge;
    };
    while ((await chargeOf()).spentMicros > TURN_MICROS) await scheduler.wait(1);
    // The grandchild was cut off in its first turn: what that cost, nobody told.
    expect(await chargeOf()).toEqual({ spentMicros: TURN_MICROS, uncounted: 1 });
    await undeafen(middle());
  });
});
