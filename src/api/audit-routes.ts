/** The tenant's audit log: pages of it, its signed head, and the key that checks one. It is written elsewhere and changed nowhere. */
import { publicKeyOf, signHead } from "../audit/index.ts";
import { AppError, toRfc3339 } from "../platform/index.ts";
import { jsonResponse } from "./answer.ts";
import { AuditList, AuditQuery, Head, SigningKey } from "./audit-schema.ts";
import type { ApiDeps } from "./deps.ts";
import { type Route, tenantRoute } from "./route.ts";

const list = tenantRoute({
  method: "GET",
  path: "/api/v1/audit",
  operation: "listAudit",
  summary: "The audit log, oldest first",
  tag: "audit",
  needs: "audit:read",
  query: AuditQuery,
  answers: [{ status: 200, description: "One page; past the last row it is empty", schema: AuditList }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, tenant, query }) => {
    const { after, limit, action = null } = query;
    const { items, head } = await deps.auditLog(tenant, { after, limit, action });
    return jsonResponse(200, { items, next: items.at(-1)?.seq ?? after, head });
  },
});

/** @throws AppError UNAVAILABLE */
function requireSigningKey({ auditSigningKey }: Pick<ApiDeps, "auditSigningKey">): string {
  if (auditSigningKey !== null) return auditSigningKey;
  throw new AppError("UNAVAILABLE", "This server signs no audit log: AUDIT_SIGNING_KEY is not set.");
}

const head = tenantRoute({
  method: "GET",
  path: "/api/v1/audit/head",
  operation: "getAuditHead",
  summary: "The last row's number and hash, signed: what an export ends with",
  tag: "audit",
  needs: "audit:export",
  answers: [{ status: 200, description: "As it stands now", schema: Head }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, tenant }) => {
    const seed = requireSigningKey(deps);
    const page = await deps.auditLog(tenant, { after: Number.MAX_SAFE_INTEGER, limit: 1, action: null });
    const signed_at = toRfc3339(deps.clock.now());
    const signed = await signHead({ tenant_id: tenant, ...page.head, signed_at }, seed);
    return jsonResponse(200, { kind: "head", ...signed });
  },
});

const key = tenantRoute({
  method: "GET",
  path: "/api/v1/audit/key",
  operation: "getAuditKey",
  summary: "The public key that checks the heads of exports; keep it where this server cannot change it",
  tag: "audit",
  needs: "audit:read",
  answers: [{ status: 200, description: "The key in use", schema: SigningKey }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps }) =>
    jsonResponse(200, { algorithm: "Ed25519", public_key: await publicKeyOf(requireSigningKey(deps)) }),
});

export const AUDIT_ROUTES: readonly Route[] = [list, head, key];
