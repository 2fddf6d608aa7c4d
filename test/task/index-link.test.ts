/** A task's line to its tenant's index, while that does not answer. */
import { describe, expect, it } from "vitest";
import { type Clock, createLog } from "../../src/platform/index.ts";
import type { TenantIndexPort } from "../../src/task/services.ts";
import { IndexLink } from "../../src/task/tenant/index-link.ts";
import { row } from "./approvals.ts";

const hanging = () => new Promise<never>(() => undefined);

describe("an index that does not answer", () => {
  const lines: string[] = [];
  // Whatever waits for it has waited for as long as it may.
  const clock: Clock = { now: () => 0, sleep: () => Promise.resolve() };
  const link = new IndexLink({
    journal: {
      row: row(),
      lastSeq: 1,
      updatedAt: 0,
      history: { steps: [], results: [], spent: [] },
      approvals: () => [],
    },
    indexOf: () =>
      ({
        ...{ acquire: hanging, register: hanging, renew: hanging, release: hanging, forget: hanging },
        reportApprovals: hanging,
      }) satisfies TenantIndexPort,
    clock,
    log: () => createLog({}, (_, line) => void lines.push(line)),
  });

  it("counts as one that cannot be reached", async () => {
    expect(await link.acquire()).toBe("unreachable");
    await link.renew();
    await link.release();
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(Array(3).fill("task.index_unreachable"));
  });

  it("lets no task be forgotten that it may still name", async () => {
    await expect(link.forget()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
