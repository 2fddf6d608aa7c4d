/** The keeper of a lease, on a clock that is moved by hand: what it renews, and what it says when it cannot. */
import { describe, expect, it } from "vitest";
import { LEASE_CHECK_MS, LEASE_MS, RESERVED_MS, SLOT_LEASE_MS } from "../../src/task/limits.ts";
import { type Keeper, keepLease } from "../../src/task/loop/lease.ts";
import { row } from "./approvals.ts";

/** A keeper whose sleeps end at once, each later by its length; it is told to stop after so many. */
function keeperOf(more: Partial<Keeper>, sleeps = 20) {
  const said: string[] = [];
  const stop = new AbortController();
  let now = 0;
  let left = sleeps;
  const keeper: Keeper = {
    clock: {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
        if (left-- === 0) stop.abort();
      },
    },
    signal: stop.signal,
    slotSince: 0,
    row: () => row({ state: "running", deadlineAt: 1_000_000, due: { lease: 0 } }),
    secure: () => undefined,
    renewLease: (until) => void said.push(`lease ${until}`),
    renewSlot: async () => void said.push("slot"),
    onDeadline: () => void said.push("deadline"),
    onLost: (thrown) => void said.push(`lost ${String(thrown)}`),
    ...more,
  };
  return { keeper, said, now: () => now };
}

describe("the keeper of a lease", () => {
  it("renews it by time, and ends with the run", async () => {
    const { keeper, said } = keeperOf({}, 2);
    await keepLease(keeper);
    expect(said).toEqual([1, 2].map((look) => `lease ${look * LEASE_CHECK_MS + LEASE_MS}`));
  });

  it("has the run secured each time, for it takes long", async () => {
    let secured = 0;
    const { keeper } = keeperOf({ secure: () => void secured++ }, 3);
    await keepLease(keeper);
    expect(secured).toBe(3);
  });

  it("ends the run at its deadline", async () => {
    const { keeper, said } = keeperOf({ row: () => row({ deadlineAt: 0 }) });
    await keepLease(keeper);
    expect(said).toEqual(["deadline"]);
  });

  it("renews a slot so early that one renewal may be lost, also of one that was granted with the acceptance", async () => {
    const renewedAt: number[] = [];
    const { keeper, now } = keeperOf({ renewSlot: async () => void renewedAt.push(now()) }, 40);
    await keepLease(keeper);
    const grants = [-RESERVED_MS, ...renewedAt];
    for (const [n, at] of renewedAt.slice(1).entries()) {
      expect(at - Number(grants[n])).toBeLessThan(SLOT_LEASE_MS);
    }
    expect(renewedAt.length).toBeGreaterThan(3);
  });

  it("counts from the start of the alarm, however long the run took to begin", async () => {
    const renewedAt: number[] = [];
    const { keeper, now } = keeperOf({ slotSince: -60_000, renewSlot: async () => void renewedAt.push(now()) }, 2);
    await keepLease(keeper);
    expect(renewedAt).toEqual([LEASE_CHECK_MS]);
  });

  it("looks after lease and deadline while the index does not answer, which is asked once", async () => {
    let asked = 0;
    const hanging = () => {
      asked++;
      return new Promise<void>(() => undefined);
    };
    const deadlineAt = SLOT_LEASE_MS;
    const { keeper, said } = keeperOf({ renewSlot: hanging, row: () => row({ state: "running", deadlineAt }) }, 40);
    await keepLease(keeper);
    expect(asked).toBe(1);
    expect(said.filter((what) => what.startsWith("lease"))).toHaveLength(deadlineAt / LEASE_CHECK_MS - 1);
    expect(said.at(-1)).toBe("deadline");
  });

  const refused = () => {
    throw new Error("refused");
  };
  for (const [name, more] of [
    ["it cannot be secured", { secure: refused }],
    ["the lease cannot be renewed", { renewLease: refused }],
    ["its deadline cannot be written", { row: () => row({ deadlineAt: 0 }), onDeadline: refused }],
  ] as const) {
    it(`ends the run, and rejects nowhere, when ${name}`, async () => {
      const { keeper, said } = keeperOf(more);
      await keepLease(keeper);
      expect(said).toEqual(["lost Error: refused"]);
    });
  }
});
