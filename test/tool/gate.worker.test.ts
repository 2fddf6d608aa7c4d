/** The tenant's counter of running calls, as a real object. */
import { env as bindings, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Bindings } from "../../src/bindings.ts";
import { toolGateName } from "../../src/tool/index.ts";
import { CALLS_PER_TOOL_MAX, PLACES_KEPT_MAX } from "../../src/tool/limits.ts";

const env = bindings as unknown as Bindings; // the bindings of wrangler.toml, by their own type
const gateOf = (tenant: string, tool: string) => env.TOOL_GATE.getByName(toolGateName(tenant, tool));
const wish = (key: string, waitMs = 60_000) => ({ key, waitMs, holdMs: 60_000 });

const fill = async (gate: ReturnType<typeof gateOf>) => {
  const keys = Array.from({ length: CALLS_PER_TOOL_MAX }, (_, index) => `call-${index}`);
  return Promise.all(keys.map((key) => gate.enter(wish(key, 0))));
};

describe("running calls of one tool of one tenant", () => {
  it("are ten; the eleventh waits until one of them ends", async () => {
    const gate = gateOf("tenant-gate", "code_executor");
    expect(new Set(await fill(gate))).toEqual(new Set([true]));
    const eleventh = gate.enter(wish("call-10"));
    expect(await gate.enter(wish("call-11", 0))).toBe(false);
    await gate.leave("call-3");
    expect(await eleventh).toBe(true);
  });

  it("leave half of the places to those who keep none", async () => {
    const gate = gateOf("tenant-kept", "code_executor");
    const keys = Array.from({ length: CALLS_PER_TOOL_MAX }, (_, index) => `call-${index}`);
    const given = [];
    for (const key of keys) given.push(await gate.enter({ ...wish(key, 0), keepMs: 15_000 }));
    expect(given.filter((place) => typeof place === "object")).toHaveLength(PLACES_KEPT_MAX);
    expect(given.filter((place) => place === true)).toHaveLength(CALLS_PER_TOOL_MAX - PLACES_KEPT_MAX);
  });

  for (const [name, tenant, tool] of [
    ["another tool", "tenant-full", "file_manager"],
    ["another tenant", "tenant-free", "code_executor"],
  ] as const) {
    it(`do not hold up ${name}`, async () => {
      await fill(gateOf("tenant-full", "code_executor"));
      expect(await gateOf(tenant, tool).enter(wish("call", 0))).toBe(true);
    });
  }

  it("leave nothing in storage", async () => {
    const gate = gateOf("tenant-empty", "code_executor");
    await gate.enter(wish("call"));
    const tables = await runInDurableObject(gate, (_, { storage }) => storage.list().then((all) => all.size));
    expect(tables).toBe(0);
  });
});
