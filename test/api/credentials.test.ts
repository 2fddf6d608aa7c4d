/** Keys as one isolate meets them: what it believes, for how long, and what its log may hold. */
import { describe, expect, it } from "vitest";
import type { Principal } from "../../src/api/principal.ts";
import { AppError } from "../../src/platform/index.ts";
import { CREDENTIALS, keyring, tenantOf } from "./keyring.ts";
import { manualClock, memoryLog } from "./ports.ts";

const REVOCATION_MS_MAX = 60_000;

describe("a key", () => {
  it("stands for its tenant and its roles", async () => {
    const { credentials, issue } = keyring();
    const text = await issue({ tenant: tenantOf("acme"), roles: ["viewer", "billing"] });
    const principal = await credentials.verify(text);
    expect(principal).toMatchObject({ kind: "key", tenants: ["acme"] });
    expect([...(principal?.scopes ?? [])].sort()).toEqual([
      "approvals:read",
      "budgets:write",
      "packs:read",
      "tasks:read",
    ]);
    expect(principal?.id).toBe(`key:${text.split("_")[2]}`);
  });

  it("is asked of its object once in half a minute", async () => {
    const clock = manualClock();
    const { credentials, issue, asked } = keyring({}, { clock });
    const text = await issue();
    for (let time = 0; time < 5; time++) await credentials.verify(text);
    expect(asked()).toBe(1);
    clock.advance(30_000);
    await credentials.verify(text);
    expect(asked()).toBe(2);
  });

  it("that was revoked opens nothing any more within 60 s, wherever it was believed", async () => {
    const clock = manualClock();
    const { credentials, issue, stored } = keyring({}, { clock });
    const text = await issue();
    expect(await credentials.verify(text)).not.toBeNull();
    for (const key of stored.values()) key.facts = { ...key.facts, revokedAt: clock.now() };
    let until = 0;
    while ((await credentials.verify(text)) !== null) {
      clock.advance(1_000);
      until += 1_000;
    }
    expect(until).toBeLessThanOrEqual(REVOCATION_MS_MAX);
    expect(until).toBe(30_000);
  });

  it("that was revoked here opens nothing here from then on", async () => {
    const { credentials, issue, stored } = keyring();
    const text = await issue();
    await credentials.verify(text);
    for (const [id, key] of stored) {
      key.facts = { ...key.facts, revokedAt: 1 };
      credentials.forget(id);
    }
    expect(await credentials.verify(text)).toBeNull();
  });

  it("ends at its time, though it is still remembered", async () => {
    const clock = manualClock();
    const { credentials, issue } = keyring({}, { clock });
    const text = await issue({ expiresAt: clock.now() + 10_000 });
    expect(await credentials.verify(text)).not.toBeNull();
    clock.advance(9_999);
    expect(await credentials.verify(text)).not.toBeNull();
    clock.advance(1);
    expect(await credentials.verify(text)).toBeNull();
  });

  it("is not recalled for another secret of the same id", async () => {
    const { credentials, issue } = keyring();
    const text = await issue();
    await credentials.verify(text);
    const other = await credentials.makeKey();
    const forged = `${text.slice(0, 26)}${other?.text.slice(26)}`;
    expect(await credentials.verify(forged)).toBeNull();
  });

  it("that cannot be a key asks no object", async () => {
    const { credentials, asked } = keyring();
    for (const text of ["vas_live_x", `vas_test_${"a".repeat(16)}_${"b".repeat(49)}`, "vas_"]) {
      expect(await credentials.verify(text)).toBeNull();
    }
    expect(asked()).toBe(0);
  });

  it("of development opens nothing in production, nor the other way round", async () => {
    const test = await keyring().issue();
    const live = keyring({ environment: "production" });
    expect(test).toMatch(/^vas_test_/);
    expect(await live.issue()).toMatch(/^vas_live_/);
    expect(await live.credentials.verify(test)).toBeNull();
    expect(live.asked()).toBe(0);
  });

  it("is neither made nor taken without a pepper", async () => {
    const { credentials } = keyring({ keyPepper: null });
    expect(await credentials.makeKey()).toBeNull();
    expect(await credentials.verify(await keyring().issue())).toBeNull();
  });

  it("of another pepper opens nothing", async () => {
    const first = keyring();
    const text = await first.issue();
    const second = keyring({ keyPepper: "another-pepper-here" });
    for (const [id, key] of first.stored) second.stored.set(id, key);
    expect(await second.credentials.verify(text)).toBeNull();
  });

  it("cannot be checked while its object is down: the call fails, nobody is let in", async () => {
    const overloaded = Object.assign(new Error("overloaded"), { overloaded: true });
    const { credentials, issue, stored } = keyring();
    const text = await issue();
    stored.get = () => {
      throw overloaded;
    };
    const outcome = await credentials.verify(text).catch((thrown: unknown) => thrown);
    expect(outcome instanceof AppError && outcome.code).toBe("UNAVAILABLE");
  });
});

describe("the bootstrap key", () => {
  const scopesOf = (principal: Principal | null): string[] => [...(principal?.scopes ?? [])].sort();

  it("sets tenants up and reads nothing of theirs", async () => {
    const operator = await keyring({ authMode: "required" }).credentials.verify("admin");
    expect(scopesOf(operator)).toEqual(["keys:write", "packs:publish", "tenants:admin"]);
  });

  it("is compared whole", async () => {
    const { credentials } = keyring();
    for (const text of ["admi", "admin1", "Admin", ""]) expect(await credentials.verify(text)).toBeNull();
  });
});

describe("the log", () => {
  it("tells of a refusal, and never holds a part of a secret", async () => {
    const log = memoryLog();
    const { credentials, issue } = keyring({}, { log });
    const good = await issue();
    const unknown = (await keyring().credentials.makeKey())?.text ?? "";
    for (const text of [good, unknown, "vas_live_oops-a-secret", "a.b.c", "hunter2"]) await credentials.verify(text);
    expect(log.lines.map(({ event, credential }) => [event, credential])).toEqual([
      ["auth.refused", "key"],
      ["auth.refused", "key"],
      ["auth.refused", "unknown"],
      ["auth.refused", "unknown"],
    ]);
    const written = JSON.stringify(log.lines);
    for (const text of [good, unknown]) expect(written).not.toContain(text.split("_")[3]);
    for (const text of ["oops", "hunter2", CREDENTIALS.keyPepper ?? "?"]) expect(written).not.toContain(text);
  });
});
