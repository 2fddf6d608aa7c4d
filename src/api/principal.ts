/** Who stands behind a request, whatever kind of credential said so. */
import type { TenantId } from "../platform/index.ts";
import { ACCESS_SCOPES, type AccessScope, type Role, scopesOf, TENANT_SCOPES } from "./access.ts";

type Grants = {
  /** What they let it do the policy says. */
  readonly roles: readonly Role[];
  /** Scopes of its own, apart from its roles. */
  readonly granted: readonly AccessScope[];
};

export type Principal = Grants & {
  readonly kind: "operator" | "key" | "token" | "header";
  /** For logs and for telling two callers apart: `operator`, `key:<id>`, `token:<issuer>#<subject>`, `header`. */
  readonly id: string;
  /** `any`: whichever one it names. */
  readonly tenants: readonly TenantId[] | "any";
  /** All that it can hand on with a key it makes: the scopes of its roles by the table, and its own. */
  readonly scopes: ReadonlySet<AccessScope>;
};

export const withScopes = <T extends Grants>(facts: T): T & Pick<Principal, "scopes"> => ({
  ...facts,
  scopes: new Set([...scopesOf(facts.roles), ...facts.granted]),
});

/** Dev mode's caller without a credential: the tenant header alone is trusted, for everything a tenant can do. */
export const HEADER_PRINCIPAL: Principal = withScopes({
  kind: "header",
  id: "header",
  tenants: "any",
  roles: [],
  granted: TENANT_SCOPES,
});

/** The bootstrap key sets tenants up. It does not act for them, but in dev mode, where any caller may. */
export const operatorPrincipal = (authMode: "dev" | "required"): Principal =>
  withScopes({
    kind: "operator",
    id: "operator",
    tenants: "any",
    roles: [],
    granted: authMode === "dev" ? ACCESS_SCOPES : ["tenants:admin", "keys:write", "packs:publish"],
  });
