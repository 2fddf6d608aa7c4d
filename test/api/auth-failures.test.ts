/** Refused credentials: what a client without a key can make us do, and who is not hindered by it. */
import { describe, expect, it } from "vitest";
import { authenticate } from "../../src/api/admit.ts";
import { createFailureCount, toNetwork } from "../../src/api/auth-failures.ts";
import { makeKey } from "../../src/api/key-text.ts";
import { AUTH_CLIENTS_MAX, AUTH_FAILURES_MAX, AUTH_FAILURES_WINDOW_MS } from "../../src/api/limits.ts";
import { AppError } from "../../src/platform/index.ts";
import { keyring } from "./keyring.ts";
import { manualClock } from "./ports.ts";

const OVER = AUTH_FAILURES_MAX + 1;

function door() {
  const clock = manualClock();
  const ring = keyring({ authMode: "required" }, { clock });
  const gate = { config: { authMode: "required" as const }, credentials: ring.credentials };
  const ask = (bearer: string, address = "192.0.2.1"): Promise<string> =>
    authenticate(new Headers({ authorization: `Bearer ${bearer}`, "cf-connecting-ip": address }), gate).then(
      ({ id }) => id,
      (thrown: unknown) => (thrown instanceof AppError ? thrown.code : String(thrown)),
    );
  /** Fails as often as a client may, and once more. */
  const exhaust = async (address?: string): Promise<string[]> => {
    const outcomes: string[] = [];
    for (let time = 0; time < OVER; time++) outcomes.push(await ask(makeKey("test").text, address));
    return outcomes;
  };
  return { ...ring, clock, ask, exhaust };
}

describe("a client whose credentials are refused", () => {
  it("is 401 as often as it may be, then 429, and the objects of keys are asked no more", async () => {
    const { exhaust, ask, asked } = door();
    const outcomes = await exhaust();
    expect(outcomes.slice(0, -1)).toEqual(Array.from({ length: AUTH_FAILURES_MAX }, () => "UNAUTHENTICATED"));
    expect(outcomes.at(-1)).toBe("RATE_LIMITED");
    expect(await ask(makeKey("test").text)).toBe("RATE_LIMITED");
    expect(asked()).toBe(AUTH_FAILURES_MAX);
  });

  it("is counted for noise too, and cannot guess the bootstrap key any further", async () => {
    const { ask } = door();
    for (let time = 0; time < AUTH_FAILURES_MAX; time++) expect(await ask(`guess-${time}`)).toBe("UNAUTHENTICATED");
    expect(await ask("admin")).toBe("RATE_LIMITED");
  });

  it("may fail again when its minute is over", async () => {
    const { exhaust, ask, clock } = door();
    await exhaust();
    clock.advance(AUTH_FAILURES_WINDOW_MS + 2_000);
    expect(await ask(makeKey("test").text)).toBe("UNAUTHENTICATED");
    expect(await ask("admin")).toBe("operator");
  });

  it("does not hinder a client elsewhere, nor a neighbour whose key is known here", async () => {
    const { issue, exhaust, ask, clock } = door();
    const [known, unknown] = [await issue(), await issue()];
    await ask(known);
    await exhaust();
    expect(await ask(known)).toMatch(/^key:/);
    // Also when the key must be asked for again.
    clock.advance(30_000);
    expect(await ask(known)).toMatch(/^key:/);
    expect(await ask(unknown)).toBe("RATE_LIMITED");
    expect(await ask(unknown, "192.0.2.2")).toMatch(/^key:/);
  });

  it("gains nothing by a key that was known and is revoked", async () => {
    const { issue, exhaust, ask, clock, stored, asked } = door();
    const text = await issue();
    await ask(text);
    for (const key of stored.values()) key.facts = { ...key.facts, revokedAt: clock.now() };
    await exhaust();
    clock.advance(30_000);
    expect(await ask(text)).toBe("UNAUTHENTICATED");
    const before = asked();
    expect(await ask(text)).toBe("RATE_LIMITED");
    expect(asked()).toBe(before);
  });

  it("does not count what was let in", async () => {
    const { issue, ask } = door();
    const text = await issue();
    for (let time = 0; time < OVER; time++) expect(await ask(text)).toMatch(/^key:/);
    expect(await ask("noise")).toBe("UNAUTHENTICATED");
  });
});

describe("the count", () => {
  it("remembers so many clients and no more", () => {
    const count = createFailureCount(manualClock());
    for (let time = 0; time < AUTH_FAILURES_MAX; time++) count.add("first");
    expect(count.spent("first")).not.toBeNull();
    for (let client = 0; client < AUTH_CLIENTS_MAX; client++) count.add(`client-${client}`);
    expect(count.spent("first")).toBeNull();
  });

  const NETWORKS = [
    ["192.0.2.1", "192.0.2.1"],
    ["", ""],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
  ] as const;
  for (const [address, network] of NETWORKS) {
    it(`takes ${address || "nothing"} for ${network || "nothing"}`, () => expect(toNetwork(address)).toBe(network));
  }
});
