/** Who stands behind a request, whatever kind of credential said so. */
import type { TenantId } from "../platform/index.ts";
import { ACCESS_SCOPES, type AccessScope, TENANT_SCOPES } from "./access.ts";

export type Principal = {
  readonly kind: "operator" | "key" | "token" | "header";
  /** For logs and for telling two callers apart: `operator`, `key:<id>`, `token:<issuer>#<subject>`, `header`. */
  readonly id: string;
  /** `any`: whichever one it names. */
  readonly tenants: readonly TenantId[] | "any";
  readonly scopes: ReadonlySet<AccessScope>;
};

/** Dev mode's caller without a credential: the tenant header alone is trusted, for everything a tenant can do. */
export const HEADER_PRINCIPAL: Principal = {
  kind: "header",
  id: "header",
  tenants: "any",
  scopes: new Set(TENANT_SCOPES),
};

/** The bootstrap key sets tenants up. It does not act for them, but in dev mode, where any caller may. */
export const operatorPrincipal = (authMode: "dev" | "required"): Principal => ({
  kind: "operator",
  id: "operator",
  tenants: "any",
  scopes: new Set(authMode === "dev" ? ACCESS_SCOPES : ["tenants:admin", "keys:write", "packs:publish"]),
});
