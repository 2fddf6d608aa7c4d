/** Modules that made room: gone from the bucket in the end, and never once they are published anew. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { PublishedPolicy } from "../../src/api/policy-schema.ts";
import { parseTenantId, type TenantId, toBase64 } from "../../src/platform/index.ts";
import type { PolicyFacts, PolicyObjectServices } from "../../src/policy/index.ts";
import { POLICIES_KEPT_MAX } from "../../src/policy/limits.ts";
import { PolicyObject } from "../../src/policy/object.ts";
import { answerOf, ask, env, workerWith } from "../api/gateway.ts";
import { ANSWER, handMade } from "./hand-made.ts";

const digestOf = (n: number): string => n.toString(16).padStart(64, "0");
const facts = (n: number): PolicyFacts => ({
  ...{ digest: digestOf(n), name: null, bytes: 1, publishedAt: n, publishedBy: "header" },
});

function tenantCalled(id: string): TenantId {
  const tenant = parseTenantId(id);
  if (tenant === undefined) throw new Error("it is a tenant");
  return tenant;
}

/** Over real storage, full to the last place, with a bucket as each test needs it. */
const withFull = (id: string, remove: PolicyObjectServices["remove"], work: (object: PolicyObject) => Promise<void>) =>
  runInDurableObject(env.POLICY.getByName(id), async (_object, state) => {
    const object = new PolicyObject(state, env, { remove });
    for (let n = 1; n <= POLICIES_KEPT_MAX; n++) await object.add(tenantCalled(id), facts(n));
    await work(object);
  });

describe("a policy that made room", () => {
  it("is removed with the next publication when its bucket was away", async () => {
    const asked: (readonly string[])[] = [];
    const remove = async (_tenant: TenantId, digests: readonly string[]) => {
      asked.push(digests);
      if (asked.length === 1) throw new Error("the bucket is away");
    };
    await withFull("policies-left", remove, async (object) => {
      for (const n of [1, 2, 3]) await object.add(tenantCalled("policies-left"), facts(POLICIES_KEPT_MAX + n));
    });
    expect(asked).toEqual([[digestOf(1)], [digestOf(1), digestOf(2)], [digestOf(3)]]);
  });

  it("is not removed once it is published anew, however long its removal took", async () => {
    const told: string[] = [];
    const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const remove = async (_tenant: TenantId, [digest]: readonly string[]) => {
      reached.resolve();
      if (digest === digestOf(1)) await goOn.promise;
      told.push(`removed ${digest === digestOf(1) ? "the first" : "another"}`);
    };
    await withFull("policies-raced", remove, async (object) => {
      const tenant = tenantCalled("policies-raced");
      const other = object.add(tenant, facts(POLICIES_KEPT_MAX + 1));
      await reached.promise;
      const again = object.add(tenant, { ...facts(1), publishedAt: 100 }).then(() => told.push("published anew"));
      expect((await object.list(tenant)).items.map(({ digest }) => digest)).not.toContain(digestOf(1));
      goOn.resolve();
      await Promise.all([other, again]);
    });
    expect(told).toEqual(["removed the first", "removed another", "published anew"]);
  });

  it("has its module in the bucket once it is published anew, though it was removed meanwhile", async () => {
    const wasm = toBase64(handMade({ body: ANSWER }));
    const tenant = "policies-again";
    const via = workerWith(({ policies }) => ({
      policies: {
        ...policies,
        objectOf: (of) => {
          const object = policies.objectOf(of);
          return {
            list: (id) => object.list(id),
            activate: (id, active) => object.activate(id, active),
            deactivate: (id) => object.deactivate(id),
            active: (id) => object.active(id),
            // As the end of another publication's removal, which began before.
            add: async (id, given) => {
              await env.PACKS.delete(`${id}/policies/${given.digest}.wasm`);
              return object.add(id, given);
            },
          };
        },
      },
    }));
    const { body } = await answerOf(ask("/api/v1/policies", { tenant, body: { wasm }, via }));
    expect(await env.PACKS.head(`${tenant}/policies/${PublishedPolicy().parse(body).digest}.wasm`)).not.toBeNull();
  });
});
