/** Which policies are asked, how often it is looked up, and what becomes of what cannot be had. */
import { describe, expect, it } from "vitest";
import type { ActivePolicy, Decision, PolicyQuestion } from "../../src/policy/index.ts";
import { ACTIVE_TTL_MS, ASK_ATTEMPTS_MAX, OWN_TIMEOUT_MS } from "../../src/policy/limits.ts";
import { type TenantEngineOptions, withTenantPolicies } from "../../src/policy/tenant-engine.ts";
import { hastyClock, manualClock, memoryLog } from "../api/ports.ts";
import { toolQuestion } from "./questions.ts";

const DIGEST = "d".repeat(64);
const ALLOW: Decision = { effect: "allow", reasons: [], obligations: [], policy: "operator", isEnforced: true };
const DENY = '[{"result":{"effect":"deny","reasons":[{"rule":"own","message":"Ours."}],"obligations":[]}}]';

function setUp(change: Partial<TenantEngineOptions> & { readonly active?: ActivePolicy | null } = {}) {
  const looked: string[] = [];
  const asked: string[] = [];
  const { active = { digest: DIGEST, mode: "enforce" }, ...more } = change;
  const engine = withTenantPolicies({
    operator: { decide: async () => ALLOW },
    objectOf: (tenant) => ({
      active: async () => {
        looked.push(tenant);
        return active;
      },
    }),
    isolates: {
      ask: async ({ tenant, digest }, json) => {
        asked.push(`${tenant} ${digest} ${json}`);
        return { kind: "answer", json: DENY };
      },
    },
    load: async () => new Uint8Array(),
    clock: hastyClockThatWaits(),
    log: memoryLog(),
    ...more,
  });
  return { looked, asked, decide: (question: PolicyQuestion = toolQuestion()) => engine.decide(question) };
}

/** Sleeps between tries end at once; a limit on waiting is never reached. */
const hastyClockThatWaits = () => ({
  ...manualClock(),
  sleep: (ms: number) => (ms >= OWN_TIMEOUT_MS ? new Promise<void>(() => undefined) : hastyClock().sleep(ms)),
});
const ruleOf = async (decision: Promise<Decision>) => (await decision).reasons.map(({ rule }) => rule);

describe("a tenant without a policy of its own", () => {
  it("has the operator's decision as it is, and no isolate is asked", async () => {
    const { decide, asked } = setUp({ active: null });
    expect(await decide()).toBe(ALLOW);
    expect(asked).toEqual([]);
  });
});

describe("a tenant's policy", () => {
  it("is asked the same question, and both are named", async () => {
    const { decide, asked } = setUp();
    expect(await decide()).toMatchObject({ effect: "deny", policy: `operator+${DIGEST}`, reasons: [{ rule: "own" }] });
    expect(asked).toEqual([`acme ${DIGEST} ${JSON.stringify(toolQuestion())}`]);
  });

  it("is looked up once for a while, for each tenant, and then again", async () => {
    const clock = manualClock();
    const { decide, looked } = setUp({ clock });
    for (const tenant of ["acme", "acme", "globex"]) await decide(toolQuestion({ tenant }));
    clock.advance(ACTIVE_TTL_MS - 1);
    await decide();
    expect(looked).toEqual(["acme", "globex"]);
    clock.advance(1);
    await decide();
    expect(looked).toEqual(["acme", "globex", "acme"]);
  });

  it("denies when its isolate says that it broke off, and is not asked again", async () => {
    let times = 0;
    const ask = async () => {
      times++;
      return { kind: "failed", message: "unreachable" } as const;
    };
    expect(await ruleOf(setUp({ isolates: { ask } }).decide())).toEqual(["error"]);
    expect(times).toBe(1);
  });

  it("is asked again after an interruption, and denies after the last try", async () => {
    for (const failures of [ASK_ATTEMPTS_MAX - 1, ASK_ATTEMPTS_MAX]) {
      let left = failures;
      const ask = async () => {
        if (left-- > 0) throw new Error("the isolate was stopped");
        return { kind: "answer", json: DENY } as const;
      };
      expect(await ruleOf(setUp({ isolates: { ask } }).decide())).toEqual([
        failures < ASK_ATTEMPTS_MAX ? "own" : "error",
      ]);
    }
  });

  it("denies while nobody can say whether there is one", async () => {
    const objectOf = () => ({ active: () => Promise.reject(new Error("the object is away")) });
    const log = memoryLog();
    expect(await ruleOf(setUp({ objectOf, log }).decide())).toEqual(["error"]);
    expect(log.lines).toMatchObject([{ event: "policy.failed", tenant_id: "acme", policy: "unknown" }]);
  });

  it("denies when it takes too long", async () => {
    const clock = manualClock();
    const started = Promise.withResolvers<void>();
    const ask = () => {
      started.resolve();
      return new Promise<never>(() => undefined);
    };
    const decided = setUp({ clock, isolates: { ask } }).decide();
    await started.promise;
    clock.advance(OWN_TIMEOUT_MS);
    expect(await ruleOf(decided)).toEqual(["timeout"]);
  });

  it.each([
    ["has no answer", "[]", "undefined"],
    ["answers no JSON", "{", "malformed"],
    ["answers something else", '[{"result":{"effect":"maybe"}}]', "malformed"],
  ])("that %s denies", async (_name, json, rule) => {
    expect(await ruleOf(setUp({ isolates: { ask: async () => ({ kind: "answer", json }) } }).decide())).toEqual([rule]);
  });

  it("on trial is told beside the operator's decision, which stands", async () => {
    const { decide } = setUp({ active: { digest: DIGEST, mode: "log" } });
    expect(await decide()).toEqual({
      ...ALLOW,
      trials: [{ effect: "deny", policy: DIGEST, reasons: [{ rule: "own", message: "Ours." }] }],
    });
  });

  it("on trial changes nothing by failing, however it fails", async () => {
    const active = { digest: DIGEST, mode: "log" } as const;
    const gone = { ask: () => Promise.reject(new Error("its module is gone")) };
    const broken = { ask: async () => ({ kind: "failed", message: "unreachable" }) as const };
    const trials = [{ effect: "deny", policy: DIGEST, reasons: [expect.objectContaining({ rule: "error" })] }];
    for (const isolates of [gone, broken]) {
      expect(await setUp({ active, isolates }).decide()).toEqual({ ...ALLOW, trials });
    }
  });

  it("on trial changes nothing by taking too long", async () => {
    const clock = manualClock();
    const started = Promise.withResolvers<void>();
    const ask = () => {
      started.resolve();
      return new Promise<never>(() => undefined);
    };
    const decided = setUp({ active: { digest: DIGEST, mode: "log" }, clock, isolates: { ask } }).decide();
    await started.promise;
    clock.advance(OWN_TIMEOUT_MS);
    expect(await decided).toMatchObject({ effect: "allow", trials: [{ reasons: [{ rule: "timeout" }] }] });
  });

  it("is not looked for where the question names no tenant of ours", async () => {
    const { decide, looked } = setUp();
    expect(await decide(toolQuestion({ tenant: "*" }))).toBe(ALLOW);
    expect(looked).toEqual([]);
  });
});
