/** Who is let in, by mode, credential and header. */
import { describe, expect, it } from "vitest";
import type { AccessScope } from "../../src/api/access.ts";
import { type Admitted, type Audience, admit, checkHost } from "../../src/api/admit.ts";
import type { ApiConfig } from "../../src/api/deps.ts";
import { AppError } from "../../src/platform/index.ts";
import { accessWith } from "./access-rig.ts";
import { keyring } from "./keyring.ts";

const NEEDS: Record<Audience, AccessScope | null> = {
  open: null,
  tenant: "tasks:read",
  shared: "packs:publish",
  operator: "tenants:admin",
};

const access = accessWith();
const TENANT = { "x-tenant-id": "tenant-123" };
const ADMIN = { authorization: "Bearer admin" };
const WRONG = { authorization: "Bearer admim" };

type Case = [
  name: string,
  mode: ApiConfig["authMode"],
  audience: Audience,
  headers: Record<string, string>,
  outcome: string,
];

const CASES: Case[] = [
  ["an open route asks for nothing", "required", "open", {}, "nobody"],
  ["an open route does not look at a wrong key", "required", "open", WRONG, "nobody"],
  ["in dev mode the tenant header is enough", "dev", "tenant", TENANT, "tenant-123"],
  ["in dev mode a missing header is named", "dev", "tenant", {}, "MISSING_TENANT"],
  ["in dev mode an empty header is missing", "dev", "tenant", { "x-tenant-id": "" }, "MISSING_TENANT"],
  ["in dev mode a malformed tenant is refused", "dev", "tenant", { "x-tenant-id": "a/b" }, "INVALID_REQUEST"],
  ["a tenant of 37 characters is refused", "dev", "tenant", { "x-tenant-id": "t".repeat(37) }, "INVALID_REQUEST"],
  ["two tenant headers are no tenant", "dev", "tenant", { "x-tenant-id": "a, b" }, "INVALID_REQUEST"],
  ["a wrong key is not passed over in dev mode", "dev", "tenant", { ...TENANT, ...WRONG }, "UNAUTHENTICATED"],
  ["another scheme is a wrong key", "dev", "tenant", { ...TENANT, authorization: "Basic eA==" }, "UNAUTHENTICATED"],
  ["in required mode the tenant header alone is nothing", "required", "tenant", TENANT, "UNAUTHENTICATED"],
  ["in required mode no credential is named before the tenant", "required", "tenant", {}, "UNAUTHENTICATED"],
  ["the bootstrap key does not act for a tenant", "required", "tenant", { ...TENANT, ...ADMIN }, "FORBIDDEN"],
  ["in dev mode the operator may name a tenant", "dev", "tenant", { ...TENANT, ...ADMIN }, "tenant-123 (operator)"],
  ["the operator publishes without a tenant", "required", "shared", ADMIN, "nobody (operator)"],
  ["the operator publishes for one tenant", "required", "shared", { ...ADMIN, ...TENANT }, "tenant-123 (operator)"],
  ["in dev mode a tenant publishes for itself", "dev", "shared", TENANT, "tenant-123"],
  ["in dev mode nobody publishes without a tenant", "dev", "shared", {}, "MISSING_TENANT"],
  ["in required mode nobody publishes without a key", "required", "shared", TENANT, "UNAUTHENTICATED"],
];

async function outcomeOf(run: () => Promise<Admitted>): Promise<string> {
  try {
    const { tenant, principal } = await run();
    return `${tenant ?? "nobody"}${principal?.kind === "operator" ? " (operator)" : ""}`;
  } catch (thrown) {
    return thrown instanceof AppError ? thrown.code : String(thrown);
  }
}

describe("admit", () => {
  it.each(CASES)("%s", async (_name, authMode, audience, headers, outcome) => {
    const gate = { config: { authMode }, credentials: keyring({ authMode }).credentials, access };
    const asked = admit(new Headers(headers), { audience, needs: NEEDS[audience] }, gate);
    expect(await outcomeOf(() => asked)).toBe(outcome);
  });

  it("takes no key when there is no bootstrap key", async () => {
    const { credentials } = keyring({ authMode: "required", adminApiKey: null });
    const asked = admit(
      new Headers({ authorization: "Bearer null" }),
      { audience: "shared", needs: "packs:publish" },
      { config: { authMode: "required" }, credentials, access },
    );
    expect(await outcomeOf(() => asked)).toBe("UNAUTHENTICATED");
  });
});

type KeyCase = [
  name: string,
  authMode: ApiConfig["authMode"],
  audience: Audience,
  header: string | null,
  outcome: string,
];

const KEY_CASES: KeyCase[] = [
  ["acts for its own tenant without a header", "required", "tenant", null, "acme"],
  ["acts for its own tenant with the header", "required", "tenant", "acme", "acme"],
  ["does not act for the tenant a header names", "required", "tenant", "rival", "TENANT_MISMATCH"],
  ["does not act for another tenant in dev mode either", "dev", "tenant", "rival", "TENANT_MISMATCH"],
  ["acts for its own tenant in dev mode", "dev", "tenant", null, "acme"],
  ["publishes for its own tenant", "required", "shared", null, "acme"],
  ["does not publish for another", "required", "shared", "rival", "TENANT_MISMATCH"],
  ["stands above no tenant", "required", "operator", null, "FORBIDDEN"],
  ["is refused a header that is no tenant", "required", "tenant", "a/b", "INVALID_REQUEST"],
];

describe("a tenant's key", () => {
  it.each(KEY_CASES)("%s", async (_name, authMode, audience, header, outcome) => {
    const { credentials, issue } = keyring({ authMode });
    const headers = new Headers({ authorization: `Bearer ${await issue()}` });
    if (header !== null) headers.set("x-tenant-id", header);
    const asked = admit(headers, { audience, needs: NEEDS[audience] }, { config: { authMode }, credentials, access });
    expect(await outcomeOf(() => asked)).toBe(outcome);
  });

  it("is refused what its roles do not grant", async () => {
    const { credentials, issue } = keyring({ authMode: "required" });
    const headers = new Headers({ authorization: `Bearer ${await issue({ roles: ["viewer"] })}` });
    const gate = { config: { authMode: "required" } as const, credentials, access };
    expect(await outcomeOf(() => admit(headers, { audience: "tenant", needs: "tasks:read" }, gate))).toBe("acme");
    expect(await outcomeOf(() => admit(headers, { audience: "tenant", needs: "tasks:write" }, gate))).toBe("FORBIDDEN");
  });
});

describe("checkHost", () => {
  const hosts: [string, ApiConfig["authMode"], boolean][] = [
    ["http://localhost:8787/", "dev", true],
    ["http://127.0.0.1/", "dev", true],
    ["http://[::1]:8787/", "dev", true],
    ["http://evil.example/", "dev", false],
    ["http://localhost.evil.example/", "dev", false],
    ["http://127.0.0.2/", "dev", false],
    ["http://192.168.1.10:8787/", "dev", false],
    ["https://api.example/", "required", true],
  ];
  it.each(hosts)("%s in mode %s is served: %s", (url, authMode, isServed) => {
    const check = () => checkHost(new URL(url), { authMode });
    if (isServed) expect(check).not.toThrow();
    else expect(check).toThrow(AppError);
  });
});
