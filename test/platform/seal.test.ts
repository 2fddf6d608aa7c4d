/** Secrets at rest: what opens a sealed text, and everything that must not. */
import { describe, expect, it } from "vitest";
import { assert, createSeal, parseTenantId, type SealScope } from "../../src/platform/index.ts";

const MASTER = "0123456789abcdef0123456789abcdef0123456789a";
const tenantNamed = (name: string) => {
  const tenant = parseTenantId(name);
  assert(tenant !== undefined, `${name} is a tenant`);
  return tenant;
};
const scope: SealScope = { tenant: tenantNamed("acme"), purpose: "webhook", record: "id-1" };
const seal = createSeal(MASTER);
const openAs = async (sealed: string, change: Partial<SealScope> = {}, by = seal) =>
  by.open(sealed, { ...scope, ...change });

/** The text with one character of its last part changed. */
const flip = (text: string): string =>
  text.replace(/\.(.)([^.]*)$/, (_, first, rest) => `.${first === "A" ? "B" : "A"}${rest}`);

describe("a sealed text", () => {
  for (const [name, text] of [
    ["text", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    ["nothing", ""],
    ["more than ASCII", "\uFEFFключ 🔑 \u0000"],
  ] as const) {
    it(`opens again to ${name}`, async () => {
      expect(await openAs(await seal.seal(text, scope))).toEqual({ ok: true, value: text });
    });
  }

  it("opens in another isolate with the same master key", async () => {
    expect(await openAs(await seal.seal("a", scope), {}, createSeal(MASTER))).toEqual({ ok: true, value: "a" });
  });

  it("does not show the text, and is another one each time", async () => {
    const [one, other] = [await seal.seal("the secret itself", scope), await seal.seal("the secret itself", scope)];
    expect(one).toMatch(/^v1\.[A-Za-z0-9+/]{16}\.[A-Za-z0-9+/]+={0,2}$/);
    expect(one).not.toBe(other);
    expect(atob(one.split(".")[2] ?? "")).not.toContain("secret");
  });
});

describe("a sealed text is refused", () => {
  const scopes: readonly (readonly [name: string, change: Partial<SealScope>])[] = [
    ["another tenant", { tenant: tenantNamed("acme2") }],
    ["another purpose", { purpose: "tool" }],
    ["another record", { record: "id-2" }],
    ["the same characters, divided otherwise", { purpose: "webhooki", record: "d-1" }],
  ];
  for (const [name, change] of scopes) {
    it(`to ${name}`, async () => {
      expect(await openAs(await seal.seal("a", scope), change)).toEqual({ ok: false, error: { reason: "refused" } });
    });
  }

  it("to another master key", async () => {
    const other = createSeal(`${MASTER}b`);
    expect(await openAs(await seal.seal("a", scope), {}, other)).toEqual({ ok: false, error: { reason: "refused" } });
  });

  it("after a character of it was changed", async () => {
    expect(await openAs(flip(await seal.seal("abc", scope)))).toEqual({ ok: false, error: { reason: "refused" } });
  });

  it("with the nonce of another", async () => {
    const [one, other] = [await seal.seal("a", scope), await seal.seal("a", scope)];
    const mixed = [...one.split(".").slice(0, 2), other.split(".")[2]].join(".");
    expect(await openAs(mixed)).toEqual({ ok: false, error: { reason: "refused" } });
  });
});

describe("what was never sealed", () => {
  for (const text of [
    "",
    "plain text",
    "v2.AAAAAAAAAAAAAAAA.AAAA",
    "v1.AAAA.AAAA",
    "v1.AAAAAAAAAAAAAAAA.A",
    "v1.AAAAAAAAAAAAAAAA.",
  ]) {
    it(`is unreadable: ${JSON.stringify(text)}`, async () => {
      expect(await openAs(text)).toEqual({ ok: false, error: { reason: "unreadable" } });
    });
  }
});
