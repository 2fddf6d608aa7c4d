/** Which doorbell hears a tenant: always the same one, and every one hears some. */
import { expect, it } from "vitest";
import { doorbellNames, doorbellOf } from "../../src/event/shard.ts";

it("a tenant has one doorbell, and tenants are spread over all of them", () => {
  const heard = Map.groupBy(
    Array.from({ length: 800 }, (_, n) => `tenant-${n}`),
    doorbellOf,
  );
  expect([...heard.keys()].toSorted()).toEqual([...doorbellNames]);
  expect(doorbellOf("tenant-1")).toBe(doorbellOf("tenant-1"));
  for (const [name, tenants] of heard) expect(tenants.length, name).toBeGreaterThan(40);
});
