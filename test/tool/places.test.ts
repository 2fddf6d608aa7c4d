/** Places and the line before them: who comes in, in which order, and what becomes of a holder that is gone. */
import { describe, expect, it } from "vitest";
import { Places } from "../../src/tool/places.ts";
import { testClock } from "./test-clock.ts";

function setup(count: number) {
  const { clock, move } = testClock();
  const places = new Places({ count, clock });
  const order: string[] = [];
  const enter = (key: string, { waitMs = 100, holdMs = 1_000 } = {}) =>
    places.enter({ key, waitMs, holdMs }).then((isIn) => {
      order.push(`${key} ${isIn ? "in" : "out"}`);
      return isIn;
    });
  return { places, enter, order, move };
}

describe("places", () => {
  it("are given while there are any, and then in the order of asking", async () => {
    const { places, enter, order } = setup(2);
    await Promise.all([enter("a"), enter("b")]);
    const [third, fourth] = [enter("c"), enter("d")];
    places.leave("b");
    await third;
    expect(order).toEqual(["a in", "b in", "c in"]);
    places.leave("a");
    await fourth;
    expect(order.at(-1)).toBe("d in");
  });

  it("are waited for until the wish's time is over, and no longer", async () => {
    const { enter, move } = setup(1);
    await enter("a");
    const late = enter("b", { waitMs: 100 });
    move(99);
    move(1);
    expect(await late).toBe(false);
  });

  it("are not given to one that gave up", async () => {
    const { places, enter, move } = setup(1);
    await enter("a");
    const late = enter("b", { waitMs: 10 });
    move(10);
    await late;
    places.leave("a");
    expect(await enter("c", { waitMs: 0 })).toBe(true);
  });

  it("come back by themselves when the holder's lease is over", async () => {
    const { enter, move } = setup(1);
    await enter("gone", { holdMs: 50 });
    const next = enter("next", { waitMs: 500 });
    move(50);
    expect(await next).toBe(true);
  });

  it("are one to a key, however often it asks", async () => {
    const { enter } = setup(2);
    await Promise.all([enter("a"), enter("a")]);
    expect(await enter("b", { waitMs: 0 })).toBe(true);
  });

  it("are one to a key also when it stands in line twice, and free again once it leaves", async () => {
    const { places, enter } = setup(1);
    await enter("a");
    const twice = [enter("b"), enter("b")];
    places.leave("a");
    expect(await Promise.all(twice)).toEqual([true, true]);
    places.leave("b");
    expect(await enter("c", { waitMs: 0 })).toBe(true);
  });

  it("are no longer waited for by one that leaves the line", async () => {
    const { places, enter } = setup(1);
    await enter("a");
    const waiting = enter("b", { waitMs: 1_000_000 });
    places.leave("b");
    expect(await waiting).toBe(false);
  });

  it("take no notice of a key they do not know", async () => {
    const { places, enter } = setup(1);
    await enter("a");
    places.leave("nobody");
    expect(await enter("b", { waitMs: 0 })).toBe(false);
  });

  describe("that may be kept", () => {
    const wish = (key: string) => ({ key, waitMs: 0, holdMs: 1_000, keepMs: 500 });

    it("are so many, and the others are for one call each", async () => {
      const places = new Places({ count: 4, keepable: 2, clock: testClock().clock });
      const given = await Promise.all(["a", "b", "c"].map((key) => places.enter(wish(key))));
      expect(given).toEqual([{ keptMs: 500 }, { keptMs: 500 }, true]);
      places.leave("a");
      expect(await places.enter(wish("d"))).toEqual({ keptMs: 500 });
    });

    it("are for one call while somebody waits", async () => {
      const places = new Places({ count: 1, keepable: 1, clock: testClock().clock });
      await places.enter({ key: "a", waitMs: 0, holdMs: 1_000 });
      const [second, third] = [
        places.enter({ ...wish("b"), waitMs: 100 }),
        places.enter({ ...wish("c"), waitMs: 100 }),
      ];
      places.leave("a");
      expect(await second).toBe(true);
      places.leave("b");
      expect(await third).toEqual({ keptMs: 500 });
    });

    it("are the same when they are asked for again, and last for a call that begins at the end of that time", async () => {
      const { clock, move } = testClock();
      const places = new Places({ count: 1, keepable: 1, clock });
      await places.enter(wish("a"));
      move(499);
      expect(await places.enter(wish("a"))).toEqual({ keptMs: 1 });
      move(1_000);
      expect([await places.enter(wish("a")), await places.enter(wish("b"))]).toEqual([true, false]);
      move(1);
      expect(await places.enter({ ...wish("b"), keepMs: 0 })).toBe(true);
    });
  });
});
