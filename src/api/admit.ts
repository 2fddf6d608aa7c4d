/**
 * Who is calling, from the credential; the tenant header only selects. The header alone is a credential in dev mode,
 * and there only on this machine's own names: a page that rebinds its name to 127.0.0.1 still sends its own.
 */
import { AppError, parseTenantId, sha256, type TenantId } from "../platform/index.ts";
import type { ApiConfig } from "./deps.ts";

/** What a route asks for. `publisher`: a tenant, or the operator for all tenants. */
export type Audience = "open" | "tenant" | "publisher";

export type Admitted = {
  readonly tenant: TenantId | null;
  /** Came with the bootstrap key. */
  readonly isOperator: boolean;
};

const LOCAL_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** @throws AppError MISDIRECTED_REQUEST in dev mode for any host but this machine's own names. */
export function checkHost(url: URL, config: Pick<ApiConfig, "authMode">): void {
  if (config.authMode === "dev" && !LOCAL_HOSTS.includes(url.hostname)) {
    throw new AppError("MISDIRECTED_REQUEST", "With AUTH_MODE=dev only localhost, 127.0.0.1 and [::1] are served.");
  }
}

/** Equal or not in a time that does not depend on where they differ: digests are compared in full. */
async function isSameSecret(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([sha256(given), sha256(expected)]);
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}

async function isOperatorKey(headers: Headers, config: ApiConfig): Promise<boolean> {
  const authorization = headers.get("authorization");
  if (authorization === null) return false;
  const key = /^Bearer +(\S+)$/i.exec(authorization.trim())?.[1];
  // A wrong credential is never passed over in favour of a weaker one.
  if (key === undefined || config.adminApiKey === null || !(await isSameSecret(key, config.adminApiKey))) {
    throw new AppError("UNAUTHENTICATED");
  }
  return true;
}

/** @throws AppError INVALID_REQUEST when there is a header and it is no tenant id. */
function selectedTenant(headers: Headers): TenantId | null {
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

/** @returns whether the bootstrap key was given. @throws AppError UNAUTHENTICATED */
export async function authenticate(headers: Headers, config: ApiConfig): Promise<boolean> {
  const isOperator = await isOperatorKey(headers, config);
  if (config.authMode === "required" && !isOperator) throw new AppError("UNAUTHENTICATED");
  return isOperator;
}

/** The bootstrap key opens the door to nothing but the operator's own calls. */
export const operatorOnly = (): AppError =>
  new AppError("FORBIDDEN", "The bootstrap key publishes packs; it does not act for a tenant.");

/** @throws AppError UNAUTHENTICATED, MISSING_TENANT, INVALID_REQUEST, FORBIDDEN */
export async function admit(headers: Headers, audience: Audience, config: ApiConfig): Promise<Admitted> {
  if (audience === "open") return { tenant: null, isOperator: false };
  const isOperator = await authenticate(headers, config);
  const tenant = selectedTenant(headers);
  if (audience === "publisher" && isOperator) return { tenant, isOperator };
  if (tenant === null) throw new AppError("MISSING_TENANT");
  if (config.authMode === "required") throw operatorOnly();
  return { tenant, isOperator };
}
