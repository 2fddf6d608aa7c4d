/** What of a session a task is told: cut to size, newest kept, and nothing that cannot be read. */
import { describe, expect, it } from "vitest";
import { type Exchange, recall, remember } from "../../src/memory/index.ts";
import { EXCHANGE_SIDE_CHARS_MAX, RECALL_CHARS_MAX, VALUE_BYTES_MAX } from "../../src/memory/limits.ts";
import { checkValue, type ShortTermMemory } from "../../src/memory/short-term.ts";

const SPACE = { tenant: "t", agent: "a", session: "s" };
const RETENTION = { ttlMs: 60_000, maxEntries: 100 };

/** A list that only grows, with the room's own check on size. */
function listOf(values: string[] = []): ShortTermMemory {
  const unused = () => Promise.reject(new Error("not asked for here"));
  return {
    set: unused,
    get: unused,
    delete: unused,
    clear: unused,
    append: async (_space, { value }) => {
      const checked = checkValue(value);
      if (checked.ok) values.push(value);
      return checked;
    },
    list: async () => values,
  };
}

async function told(...exchanges: readonly Exchange[]): Promise<readonly Exchange[]> {
  const memory = listOf();
  for (const [at, exchange] of exchanges.entries()) {
    await remember(memory, SPACE, { ...exchange, taskId: `task-${at}`, at }, RETENTION);
  }
  return recall(memory, SPACE);
}

describe("what a task is told of its session", () => {
  it("is also what had come into the tasks before, where something had", async () => {
    const exchanges = [
      { input: "a", output: "b", taint: ["reads_untrusted"] },
      { input: "c", output: "d", taint: [] },
    ];
    expect(await told(...exchanges)).toEqual([exchanges[0], { input: "c", output: "d" }]);
  });

  it("is every exchange as it was, oldest first", async () => {
    const exchanges = [
      { input: "a", output: "b" },
      { input: "ünï 🦉\n", output: "" },
    ];
    expect(await told(...exchanges)).toEqual(exchanges);
  });

  it("cuts a long side, marks it, and splits no character", async () => {
    const [exchange] = await told({ input: "🦉".repeat(EXCHANGE_SIDE_CHARS_MAX), output: "x" });
    expect(exchange?.input.length).toBeLessThanOrEqual(EXCHANGE_SIDE_CHARS_MAX);
    expect(exchange?.input).toMatch(/^(?:🦉)+ \[cut\]$/u);
  });

  it("keeps the newest that fit together, and never half of one", async () => {
    const side = "x".repeat(EXCHANGE_SIDE_CHARS_MAX);
    const exchanges = [0, 1, 2, 3].map((n) => ({ input: String(n), output: side }));
    const kept = await told(...exchanges);
    expect(kept.map(({ input }) => input)).toEqual(["2", "3"]);
    const chars = kept.reduce((sum, { input, output }) => sum + input.length + output.length, 0);
    expect(chars).toBeLessThanOrEqual(RECALL_CHARS_MAX);
  });

  it("fits whatever was said: the worst exchange is still a value", async () => {
    const worst = "\u0001".repeat(EXCHANGE_SIDE_CHARS_MAX);
    expect(await told({ input: worst, output: worst })).toHaveLength(1);
    expect(VALUE_BYTES_MAX).toBeGreaterThan(2 * 6 * EXCHANGE_SIDE_CHARS_MAX);
  });

  it("leaves out what it cannot read", async () => {
    const memory = listOf(["no JSON", "null", "[]", '{"input": 1, "output": "x"}', '{"input":"a","output":"b"}']);
    expect(await recall(memory, SPACE)).toEqual([{ input: "a", output: "b" }]);
  });
});
