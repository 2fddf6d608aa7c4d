/**
 * Who is calling, from the credential; the tenant header only selects. The header alone is a credential in dev mode,
 * and there only on this machine's own names: a page that rebinds its name to 127.0.0.1 still sends its own.
 */
import { AppError, parseTenantId, type TenantId } from "../platform/index.ts";
import type { AccessScope } from "./access.ts";
import type { AccessCheck } from "./access-check.ts";
import { toNetwork } from "./auth-failures.ts";
import type { ApiDeps } from "./deps.ts";
import { HEADER_PRINCIPAL, type Principal } from "./principal.ts";

/**
 * Whom a route is for. `open`: everybody. `tenant`: a caller that acts for one. `shared`: the same, or the operator for
 * no tenant in particular. `operator`: a caller that stands above the tenants.
 */
export type Audience = "open" | "tenant" | "shared" | "operator";

/** Facts of a route that decide who may call it. `needs` is null for open routes, and only for them. */
export type Admission = { readonly audience: Audience; readonly needs: AccessScope | null };

export type Admitted = {
  readonly tenant: TenantId | null;
  /** Null on open routes: there nobody is asked. */
  readonly principal: Principal | null;
};

/** What admission is given. */
type Gate = {
  readonly config: Pick<ApiDeps["config"], "authMode">;
  readonly credentials: Pick<ApiDeps["credentials"], "verify">;
  readonly access: AccessCheck;
};

const LOCAL_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** @throws AppError MISDIRECTED_REQUEST in dev mode for any host but this machine's own names. */
export function checkHost(url: URL, config: Gate["config"]): void {
  if (config.authMode === "dev" && !LOCAL_HOSTS.includes(url.hostname)) {
    throw new AppError("MISDIRECTED_REQUEST", "With AUTH_MODE=dev only localhost, 127.0.0.1 and [::1] are served.");
  }
}

/** @throws AppError INVALID_REQUEST when there is a header and it is no tenant id. */
export function selectedTenant(headers: Headers): TenantId | null {
  const header = headers.get("x-tenant-id");
  if (header === null || header === "") return null;
  const tenant = parseTenantId(header);
  if (tenant === undefined) {
    throw new AppError(
      "INVALID_REQUEST",
      "X-Tenant-ID must be 1 to 36 letters, digits, '.', '_' or '-', starting with a letter or digit.",
    );
  }
  return tenant;
}

/** As selectedTenant, for whoever is refused first for something else: null for what is no tenant id. */
export const namedTenant = (headers: Headers): TenantId | null => parseTenantId(headers.get("x-tenant-id")) ?? null;

/**
 * Who is calling. A wrong credential is never passed over in favour of a weaker one, the bare header included.
 * @throws AppError UNAUTHENTICATED, UNAVAILABLE when a credential cannot be checked now, and RATE_LIMITED when too many
 *   of the client's were refused
 */
export async function authenticate(
  headers: Headers,
  { config, credentials }: Pick<Gate, "config" | "credentials">,
): Promise<Principal> {
  const authorization = headers.get("authorization");
  if (authorization === null) {
    if (config.authMode === "dev") return HEADER_PRINCIPAL;
    throw new AppError("UNAUTHENTICATED");
  }
  const bearer = /^Bearer +(\S+)$/i.exec(authorization.trim())?.[1];
  const client = toNetwork(headers.get("cf-connecting-ip") ?? "");
  const principal = bearer === undefined ? null : await credentials.verify(bearer, client);
  if (principal === null) throw new AppError("UNAUTHENTICATED");
  return principal;
}

/**
 * The tenant a caller acts for: the only one of its credential, or the one it selects among them.
 * @throws AppError MISSING_TENANT, TENANT_MISMATCH - the same for a tenant that exists and for one that does not
 */
export function actingTenant(principal: Principal, selected: TenantId | null): TenantId {
  const { tenants } = principal;
  if (tenants === "any") {
    if (selected === null) throw new AppError("MISSING_TENANT");
    return selected;
  }
  const [only, ...others] = tenants;
  if (selected === null) {
    if (only !== undefined && others.length === 0) return only;
    throw new AppError("MISSING_TENANT", "The credential acts for several tenants; select one with X-Tenant-ID.");
  }
  if (!tenants.includes(selected)) throw new AppError("TENANT_MISMATCH");
  return selected;
}

/**
 * @param onCaller is told who calls, before it is known whether they may.
 * @throws AppError UNAUTHENTICATED, FORBIDDEN, MISSING_TENANT, TENANT_MISMATCH, INVALID_REQUEST, RATE_LIMITED, UNAVAILABLE
 */
export async function admit(
  headers: Headers,
  { audience, needs }: Admission,
  gate: Gate,
  onCaller: (principal: Principal) => void = () => undefined,
): Promise<Admitted> {
  if (audience === "open" || needs === null) return { tenant: null, principal: null };
  const principal = await authenticate(headers, gate);
  onCaller(principal);
  await gate.access({ principal, needs, selected: namedTenant(headers) });
  if (audience === "operator") return { tenant: null, principal };
  const selected = selectedTenant(headers);
  if (audience === "shared" && principal.kind === "operator") return { tenant: selected, principal };
  return { tenant: actingTenant(principal, selected), principal };
}
