/** Who is let in, by mode, credential and header. */
import { describe, expect, it } from "vitest";
import { type Audience, admit, checkHost } from "../../src/api/admit.ts";
import type { ApiConfig } from "../../src/api/deps.ts";
import { AppError } from "../../src/platform/index.ts";

const config = (authMode: ApiConfig["authMode"], adminApiKey: string | null = "the-admin-key"): ApiConfig => ({
  environment: "development",
  authMode,
  adminApiKey,
  defaultTier: "tier-2",
  corsOrigins: [],
  bodyBytesMax: 1024,
});

const TENANT = { "x-tenant-id": "tenant-123" };
const ADMIN = { authorization: "Bearer the-admin-key" };
const WRONG = { authorization: "Bearer the-admin-kez" };

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
  ["the operator publishes without a tenant", "required", "publisher", ADMIN, "nobody (operator)"],
  ["the operator publishes for one tenant", "required", "publisher", { ...ADMIN, ...TENANT }, "tenant-123 (operator)"],
  ["in dev mode a tenant publishes for itself", "dev", "publisher", TENANT, "tenant-123"],
  ["in dev mode nobody publishes without a tenant", "dev", "publisher", {}, "MISSING_TENANT"],
  ["in required mode nobody publishes without a key", "required", "publisher", TENANT, "UNAUTHENTICATED"],
];

async function outcomeOf(run: () => Promise<{ tenant: string | null; isOperator: boolean }>): Promise<string> {
  try {
    const { tenant, isOperator } = await run();
    return `${tenant ?? "nobody"}${isOperator ? " (operator)" : ""}`;
  } catch (thrown) {
    return thrown instanceof AppError ? thrown.code : String(thrown);
  }
}

describe("admit", () => {
  it.each(CASES)("%s", async (_name, mode, audience, headers, outcome) => {
    expect(await outcomeOf(() => admit(new Headers(headers), audience, config(mode)))).toBe(outcome);
  });

  it("takes no key when there is no bootstrap key", async () => {
    const headers = new Headers({ authorization: "Bearer null" });
    expect(await outcomeOf(() => admit(headers, "publisher", config("required", null)))).toBe("UNAUTHENTICATED");
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
