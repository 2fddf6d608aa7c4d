/** The policy at the doors: what it is asked, who is told of its denials, and what becomes of a policy that fails. */
import { describe, expect, it } from "vitest";
import { ACCESS_SCOPES, type AccessScope } from "../../src/api/access.ts";
import type { AccessPorts } from "../../src/api/access-check.ts";
import { HEADER_PRINCIPAL, operatorPrincipal, type Principal, withScopes } from "../../src/api/principal.ts";
import { AppError } from "../../src/platform/index.ts";
import type { Decision, PolicyQuestion } from "../../src/policy/index.ts";
import { embedded, WASM } from "../policy/default.ts";
import { accessWith } from "./access-rig.ts";
import { tenantOf } from "./keyring.ts";

const ACME = tenantOf("acme");
const GLOBEX = tenantOf("globex");
const viewer = withScopes({ kind: "key", id: "key:1", tenants: [ACME], roles: ["viewer"], granted: [] } as const);
const token = withScopes({
  kind: "token",
  id: "token:1",
  tenants: [ACME, GLOBEX],
  roles: [],
  granted: ["tasks:read"],
} as const);

const outcomeOf = async (asked: Promise<void>): Promise<string> => {
  const thrown = await asked.then(
    () => null,
    (error: unknown) => error,
  );
  return thrown === null
    ? "allowed"
    : thrown instanceof AppError
      ? `${thrown.code}: ${thrown.message}`
      : String(thrown);
};
const DENIED: Decision = { effect: "deny", reasons: [], obligations: [], policy: "p", isEnforced: true };
const answering = (change: Partial<Decision>) => ({ engine: { decide: async () => ({ ...DENIED, ...change }) } });

/** The questions that are asked. */
async function askedBy(principal: Principal, selected: typeof ACME | null): Promise<PolicyQuestion[]> {
  const questions: PolicyQuestion[] = [];
  const engine: AccessPorts["engine"] = {
    decide: async (question) => {
      questions.push(question);
      return embedded().decide(question);
    },
  };
  await outcomeOf(accessWith({ engine, region: "eu" })({ principal, needs: "tasks:read", selected }));
  return questions;
}

describe("the policy at the doors", () => {
  it("is asked once with roles and scopes as the credential has them, the time and the region", async () => {
    expect(await askedBy(viewer, null)).toEqual([
      {
        ...{ version: 1, action: "api.call", tenant: "acme", scope: "tasks:read" },
        ...{ principal: { roles: ["viewer"], scopes: [] }, at: { hour: 3, weekday: 5 }, region: "eu" },
      },
    ]);
    expect(await askedBy(token, GLOBEX)).toMatchObject([{ tenant: "globex", principal: { scopes: ["tasks:read"] } }]);
  });

  it("is told of no tenant that is not the caller's, and of none where it is not known", async () => {
    for (const [principal, selected] of [
      [viewer, GLOBEX],
      [token, null],
      [operatorPrincipal("required"), null],
    ] as const) {
      expect(await askedBy(principal, selected)).toMatchObject([{ tenant: "*" }]);
    }
  });

  it("lets everybody do what the table of scopes says, and nothing else", async () => {
    const check = accessWith();
    for (const principal of [
      viewer,
      token,
      HEADER_PRINCIPAL,
      operatorPrincipal("dev"),
      operatorPrincipal("required"),
    ]) {
      const allowed: AccessScope[] = [];
      for (const needs of ACCESS_SCOPES) {
        if ((await outcomeOf(check({ principal, needs, selected: null }))) === "allowed") allowed.push(needs);
      }
      expect(allowed.toSorted(), principal.id).toEqual([...principal.scopes].toSorted());
    }
  });

  it("is what decides: another one denies what the table grants, in its words, and nobody can be asked", async () => {
    const reasons = [{ rule: "closed", message: "Not today." }];
    for (const effect of ["deny", "ask"] as const) {
      const check = accessWith(answering({ effect, reasons }));
      expect(await outcomeOf(check({ principal: viewer, needs: "tasks:read", selected: null }))).toBe(
        "FORBIDDEN: Not today.",
      );
    }
  });

  it("that fails lets nobody in, and says that it may be better later", async () => {
    const broken = accessWith({ engine: embedded(WASM.subarray(0, 8)) });
    expect(await outcomeOf(broken({ principal: viewer, needs: "tasks:read", selected: null }))).toMatch(
      /^UNAVAILABLE: /,
    );
  });
});

describe("a denial", () => {
  it("is told with its question, in the caller's own tenant, and not without end", async () => {
    const told: string[] = [];
    const check = accessWith({
      onDenied: (tenant, { question }) => void told.push(`${tenant} ${Reflect.get(question, "scope")}`),
    });
    const ask = (principal: Principal, selected: typeof ACME | null) =>
      outcomeOf(check({ principal, needs: "data:erase", selected }));
    expect(await ask(viewer, GLOBEX)).toMatch(/^FORBIDDEN: .*data:erase/);
    expect(told).toEqual(["acme data:erase"]);
    for (let n = 0; n < 1_000; n++) await ask(viewer, null);
    expect(told.length).toBeLessThan(100);
  });

  it("of a caller that belongs to no tenant is told to nobody", async () => {
    const told: string[] = [];
    const check = accessWith({ onDenied: (tenant) => void told.push(tenant) });
    await outcomeOf(check({ principal: HEADER_PRINCIPAL, needs: "tenants:admin", selected: ACME }));
    await outcomeOf(check({ principal: operatorPrincipal("required"), needs: "tasks:read", selected: ACME }));
    expect(told).toEqual([]);
  });
});
