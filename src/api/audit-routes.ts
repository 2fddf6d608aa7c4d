/** The tenant's audit log: pages of it, and its signed head. It is written elsewhere and changed nowhere. */
import { signHead } from "../audit/index.ts";
import { AppError, toRfc3339 } from "../platform/index.ts";
import { jsonResponse } from "./answer.ts";
import { AuditList, AuditQuery, Head } from "./audit-schema.ts";
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
    if (deps.auditSigningKey === null) {
      throw new AppError("UNAVAILABLE", "This server signs no audit log: AUDIT_SIGNING_KEY is not set.");
    }
    const page = await deps.auditLog(tenant, { after: Number.MAX_SAFE_INTEGER, limit: 1, action: null });
    const signed_at = toRfc3339(deps.clock.now());
    const signed = await signHead({ tenant_id: tenant, ...page.head, signed_at }, deps.auditSigningKey);
    return jsonResponse(200, { kind: "head", ...signed });
  },
});

export const AUDIT_ROUTES: readonly Route[] = [list, head];
