/** What any short-term memory must do, whoever keeps it. The rig moves the time that the memory sees. */
import { describe, expect, it } from "vitest";
import type { MemorySpace, ShortTermMemory } from "../../src/memory/index.ts";
import { VALUE_BYTES_MAX } from "../../src/memory/limits.ts";

export type MemoryRig = {
  readonly memory: ShortTermMemory;
  /** Lets `ms` pass for the memory, and for what removes what is over. */
  readonly pass: (ms: number) => Promise<void>;
};

const DAY_MS = 86_400_000;
const RETENTION = { ttlMs: DAY_MS, maxEntries: 3 };
/** Names that no other run has used: a real server keeps what an earlier one left. */
const RUN = crypto.randomUUID().slice(0, 8);
let count = 0;
/** A space of its own for each test. */
const newSpace = (change: Partial<MemorySpace> = {}): MemorySpace => ({
  tenant: "tenant-1",
  agent: "agent-1",
  session: `s-${RUN}-${++count}`,
  ...change,
});
const entry = (at: number, value = `value ${at}`) => ({ id: `task-${at}`, at, value });

export function memorySuite(make: () => MemoryRig | Promise<MemoryRig>): void {
  describe("a value", () => {
    it("is what was set, byte for byte, also when it looks like JSON", async () => {
      const { memory } = await make();
      const space = newSpace();
      for (const value of ['{"key": "value"}', "42", "null", "", "OK", "Ünïcode 🦉 \u0001 \u2028", '"quoted"']) {
        await memory.set(space, "ctx:123", value, DAY_MS);
        expect(await memory.get(space, "ctx:123")).toBe(value);
      }
    });

    it("is null before it was set and after it was deleted", async () => {
      const { memory } = await make();
      const space = newSpace();
      expect(await memory.get(space, "a")).toBeNull();
      await memory.set(space, "a", "1", DAY_MS);
      await memory.delete(space, "a");
      expect(await memory.get(space, "a")).toBeNull();
    });

    it("is over after its time", async () => {
      const { memory, pass } = await make();
      const space = newSpace();
      await memory.set(space, "a", "1", 60_000);
      await pass(59_000);
      expect(await memory.get(space, "a")).toBe("1");
      await pass(1_001);
      expect(await memory.get(space, "a")).toBeNull();
    });

    it("is refused when it is too large, and the one before it stays", async () => {
      const { memory } = await make();
      const space = newSpace();
      await memory.set(space, "a", "1", DAY_MS);
      const refused = { ok: false, error: { reason: "too_large", bytesMax: VALUE_BYTES_MAX } };
      const large = "é".repeat(VALUE_BYTES_MAX / 2 + 1);
      expect(await memory.set(space, "a", large, DAY_MS)).toEqual(refused);
      expect(await memory.append(space, entry(1, large), RETENTION)).toEqual(refused);
      expect([await memory.get(space, "a"), await memory.list(space)]).toEqual(["1", []]);
    });

    it("of the largest size comes back whole", async () => {
      const { memory } = await make();
      const space = newSpace();
      const large = "x".repeat(VALUE_BYTES_MAX);
      expect(await memory.set(space, "a", large, DAY_MS)).toEqual({ ok: true, value: null });
      expect(await memory.get(space, "a")).toBe(large);
    });
  });

  describe("a list", () => {
    it("is empty at first, and has its entries oldest first, whatever order they came in", async () => {
      const { memory } = await make();
      const space = newSpace();
      expect(await memory.list(space)).toEqual([]);
      for (const at of [20, 10, 30]) await memory.append(space, entry(at), RETENTION);
      expect(await memory.list(space)).toEqual(["value 10", "value 20", "value 30"]);
    });

    it("keeps the newest when there are too many, and does not take back an older one", async () => {
      const { memory } = await make();
      const space = newSpace();
      for (const at of [10, 20, 30, 40, 5]) await memory.append(space, entry(at), RETENTION);
      expect(await memory.list(space)).toEqual(["value 20", "value 30", "value 40"]);
    });

    it("has an entry once that was appended twice", async () => {
      const { memory } = await make();
      const space = newSpace();
      await Promise.all([1, 2, 3].map(() => memory.append(space, entry(10), RETENTION)));
      expect(await memory.list(space)).toEqual(["value 10"]);
    });

    it("orders entries of one moment by their ids", async () => {
      const { memory } = await make();
      const space = newSpace();
      for (const id of ["b", "a"]) await memory.append(space, { id, at: 7, value: id }, RETENTION);
      expect(await memory.list(space)).toEqual(["a", "b"]);
    });

    it("is over after its time, which each entry renews", async () => {
      const { memory, pass } = await make();
      const space = newSpace();
      await memory.append(space, entry(1), { ...RETENTION, ttlMs: 60_000 });
      await pass(50_000);
      await memory.append(space, entry(2), { ...RETENTION, ttlMs: 60_000 });
      await pass(50_000);
      expect(await memory.list(space)).toEqual(["value 1", "value 2"]);
      await pass(10_001);
      expect(await memory.list(space)).toEqual([]);
      await memory.append(space, entry(3), RETENTION);
      expect(await memory.list(space)).toEqual(["value 3"]);
    });

    it("can be cleared, without its neighbours", async () => {
      const { memory } = await make();
      const space = newSpace();
      await memory.append(space, entry(1), RETENTION);
      await memory.set(space, "a", "1", DAY_MS);
      await memory.clear(space);
      expect([await memory.list(space), await memory.get(space, "a")]).toEqual([[], "1"]);
    });
  });

  describe("a space", () => {
    const OTHERS: readonly (readonly [name: string, Partial<MemorySpace>])[] = [
      ["tenant", { tenant: "tenant-2" }],
      ["agent", { agent: "agent-2" }],
      ["session", { session: `other-${RUN}` }],
      ["tenant whose name begins the same", { tenant: "tenant-1.x" }],
    ];
    it.each(OTHERS)("cannot be seen from another %s", async (_name, other) => {
      const { memory } = await make();
      const mine = newSpace();
      await memory.set(mine, "a", "mine", DAY_MS);
      await memory.append(mine, entry(1), RETENTION);
      const theirs = { ...mine, ...other };
      expect([await memory.get(theirs, "a"), await memory.list(theirs)]).toEqual([null, []]);
      await memory.delete(theirs, "a");
      await memory.clear(theirs);
      expect([await memory.get(mine, "a"), await memory.list(mine)]).toEqual(["mine", ["value 1"]]);
    });
  });
}
