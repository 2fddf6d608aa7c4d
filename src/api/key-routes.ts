/** Tenants and their API keys. A key's secret is in the answer that makes it and in no other. */
import type * as z from "zod";
import { AppError, parseTenantId, type TenantId, toRfc3339 } from "../platform/index.ts";
import { type Role, scopesOf } from "./access.ts";
import { jsonResponse } from "./answer.ts";
import { audited, recordFact } from "./audited.ts";
import { callObject } from "./call-object.ts";
import { parseCursor, toCursor } from "./cursor.ts";
import type { ApiDeps } from "./deps.ts";
import { isActive, type KeyFacts } from "./key-record.ts";
import { type Key, KeyBody, KeyList, KeysQuery, NewKey, Tenant, TenantBody } from "./key-schema.ts";
import { isKeyId } from "./key-text.ts";
import { KEYS_ACTIVE_MAX } from "./limits.ts";
import type { Principal } from "./principal.ts";
import { type Call, type Route, route } from "./route.ts";

const toTime = (at: number | null): string | null => (at === null ? null : toRfc3339(at));

function toKey(key: KeyFacts, now: number): z.input<ReturnType<typeof Key>> {
  const ended = key.revokedAt === null ? "expired" : "revoked";
  return {
    id: key.id,
    tenant_id: key.tenant,
    name: key.name,
    roles: [...key.roles],
    state: isActive(key, now) ? "active" : ended,
    created_at: toRfc3339(key.createdAt),
    expires_at: toTime(key.expiresAt),
    revoked_at: toTime(key.revokedAt),
    last_used_at: toTime(key.lastUsedAt),
  };
}

function requireId(text: string): TenantId {
  const tenant = parseTenantId(text);
  if (tenant === undefined) throw new AppError("INVALID_REQUEST", "tenant_id is not valid.");
  return tenant;
}

const registerTenant = route({
  method: "POST",
  path: "/api/v1/tenants",
  operation: "createTenant",
  summary: "Makes a tenant: the bootstrap key's call, or that of the scope tenants:admin",
  tag: "keys",
  audience: "operator",
  needs: "tenants:admin",
  body: TenantBody,
  answers: [{ status: 201, description: "Made", schema: Tenant }],
  errors: ["TENANT_EXISTS", "UNAVAILABLE"],
  handle: async ({ deps, scope, body }) => {
    const tenant = requireId(body.tenant_id);
    const change = { tenant, action: "tenant.created", resource: `tenant:${tenant}` } as const;
    const made = await audited(scope, change, async () => {
      const facts = await callObject(deps, () => deps.tenants(tenant).register(tenant, body.name));
      if (facts === null) throw new AppError("TENANT_EXISTS");
      return facts;
    });
    return jsonResponse(201, { tenant_id: tenant, name: made.name, created_at: toRfc3339(made.createdAt) });
  },
});

/** The tenant a new key is for: the caller's own, or the one the operator names. */
function tenantOfKey(acting: TenantId | null, named: string | undefined): TenantId {
  if (named === undefined) {
    if (acting !== null) return acting;
    throw new AppError("INVALID_REQUEST", "The body is not valid: /tenant_id: name the tenant of the key", {
      errors: [{ pointer: "/tenant_id", message: "name the tenant of the key" }],
    });
  }
  const tenant = requireId(named);
  // The same for a tenant that exists and for one that does not.
  if (acting !== null && acting !== tenant) throw new AppError("TENANT_MISMATCH");
  return tenant;
}

/** Nobody hands out more than they have, or one key would be a way to any other. */
function checkGrant(principal: Principal | null, roles: readonly Role[]): void {
  if (principal === null || principal.kind === "operator") return;
  const beyond = [...scopesOf(roles)].find((scope) => !principal.scopes.has(scope));
  if (beyond === undefined) return;
  throw new AppError("FORBIDDEN", `These roles grant the scope ${beyond}, which the credential does not have itself.`);
}

function parseExpiry(text: string | null | undefined, now: number): number | null {
  if (text === null || text === undefined) return null;
  const at = Date.parse(text);
  if (at > now) return at;
  throw new AppError("INVALID_REQUEST", "The body is not valid: /expires_at: must lie in the future", {
    errors: [{ pointer: "/expires_at", message: "must lie in the future" }],
  });
}

/** In dev mode a tenant is whatever a header names, so it is made when it is first needed. */
async function requireTenant(deps: ApiDeps, tenant: TenantId): Promise<void> {
  if ((await callObject(deps, () => deps.tenants(tenant).describe(tenant))) !== null) return;
  if (deps.config.authMode !== "dev") throw new AppError("NOT_FOUND", "There is no such tenant; make it first.");
  await callObject(deps, () => deps.tenants(tenant).register(tenant, tenant));
}

/** Listed first, then made: a failure in between leaves a line that opens nothing, never a key that no list shows. */
async function storeKey(deps: ApiDeps, facts: KeyFacts, digest: Uint8Array): Promise<void> {
  const { tenant, id } = facts;
  const outcome = await callObject(deps, () => deps.tenants(tenant).addKey(tenant, facts));
  if (outcome === "unknown") throw new AppError("NOT_FOUND", "There is no such tenant; make it first.");
  if (outcome === "limit") {
    throw new AppError("KEY_LIMIT_REACHED", `The tenant has ${KEYS_ACTIVE_MAX} active keys; revoke some first.`);
  }
  if (outcome === "behind") {
    throw new AppError("UNAVAILABLE", "Too many changes of keys wait for the database; ask again when it is back.");
  }
  if (!(await callObject(deps, () => deps.keys(id).create(facts, digest)))) {
    throw new AppError("UNAVAILABLE", "The key could not be made; ask for another one.");
  }
}

const create = route({
  method: "POST",
  path: "/api/v1/keys",
  operation: "createKey",
  summary: "Makes an API key; its secret is shown this once",
  tag: "keys",
  audience: "shared",
  needs: "keys:write",
  body: KeyBody,
  answers: [{ status: 201, description: "Made; `key` is shown in no other answer", schema: NewKey }],
  errors: ["NOT_FOUND", "TENANT_MISMATCH", "KEY_LIMIT_REACHED", "UNAVAILABLE"],
  handle: async ({ deps, scope, admitted, body }) => {
    const now = deps.clock.now();
    const tenant = tenantOfKey(admitted.tenant, body.tenant_id);
    const roles = [...new Set(body.roles)];
    checkGrant(admitted.principal, roles);
    const expiresAt = parseExpiry(body.expires_at, now);
    await requireTenant(deps, tenant);
    const made = await deps.credentials.makeKey();
    if (made === null) throw new AppError("UNAVAILABLE", "This server makes no keys: KEY_PEPPER is not set.");
    const ends = { expiresAt, revokedAt: null, lastUsedAt: null };
    const createdBy = admitted.principal?.id ?? "";
    const facts: KeyFacts = { id: made.id, tenant, name: body.name, roles, createdAt: now, createdBy, ...ends };
    const change = { tenant, action: "key.created", resource: `key:${made.id}` } as const;
    await audited(scope, change, () => storeKey(deps, facts, made.digest));
    return jsonResponse(201, { ...toKey(facts, now), key: made.text });
  },
});

function requireTenantOf({ admitted }: Pick<Call<unknown, unknown>, "admitted">): TenantId {
  if (admitted.tenant === null) throw new AppError("MISSING_TENANT");
  return admitted.tenant;
}

const list = route({
  method: "GET",
  path: "/api/v1/keys",
  operation: "listKeys",
  summary: "A tenant's keys, newest first, without their secrets",
  tag: "keys",
  audience: "shared",
  needs: "keys:write",
  query: KeysQuery,
  answers: [{ status: 200, description: "One page; `next_cursor` is null on the last", schema: KeyList }],
  errors: ["TENANT_MISMATCH", "UNAVAILABLE"],
  handle: async (call) => {
    const { deps, query } = call;
    const tenant = requireTenantOf(call);
    const after = query.cursor === undefined ? null : parseCursor(query.cursor);
    const keys = await callObject(deps, () => deps.tenants(tenant).keys(tenant));
    const from = after === null ? 0 : keys.findIndex(({ id }) => id === after) + 1;
    if (after === undefined || (after !== null && from === 0)) {
      throw new AppError("INVALID_REQUEST", "The cursor is not one of ours; start again without it.");
    }
    const page = keys.slice(from, from + query.limit);
    const last = page.at(-1);
    const isMore = from + page.length < keys.length;
    return jsonResponse(200, {
      items: page.map((key) => toKey(key, deps.clock.now())),
      next_cursor: isMore && last !== undefined ? toCursor(last.id) : null,
    });
  },
});

/** @returns whose key it was. @throws AppError NOT_FOUND */
async function revokeKey(deps: ApiDeps, acting: TenantId | null, keyId: string): Promise<TenantId> {
  const revoked = await callObject(deps, () => deps.keys(keyId).revoke(acting));
  deps.credentials.forget(keyId);
  const owner = revoked?.tenant ?? acting;
  if (owner === null) throw new AppError("NOT_FOUND", "There is no such key.");
  // Also for a line in the list whose key was never made.
  const at = revoked?.revokedAt ?? deps.clock.now();
  const isListed = await callObject(deps, () => deps.tenants(owner).endKey(owner, keyId, at));
  if (revoked === null && !isListed) throw new AppError("NOT_FOUND", "There is no such key.");
  return owner;
}

const revoke = route({
  method: "DELETE",
  path: "/api/v1/keys/{keyId}",
  operation: "revokeKey",
  summary: "Revokes a key; it opens nothing any more within a minute, everywhere",
  tag: "keys",
  audience: "shared",
  needs: "keys:write",
  answers: [{ status: 204, description: "Revoked, now or before", content: null }],
  errors: ["NOT_FOUND", "TENANT_MISMATCH", "UNAVAILABLE"],
  handle: async ({ deps, scope, admitted, params }) => {
    const { keyId = "" } = params;
    if (!isKeyId(keyId)) throw new AppError("NOT_FOUND", "There is no such key.");
    const change = { action: "key.revoked", resource: `key:${keyId}` } as const;
    const acting = admitted.tenant;
    if (acting !== null) await audited(scope, { tenant: acting, ...change }, () => revokeKey(deps, acting, keyId));
    // The operator may leave the owner to the key: whose log it belongs to is known only afterwards.
    else await recordFact(scope, { tenant: await revokeKey(deps, null, keyId), ...change }, { result: "done" });
    return new Response(null, { status: 204 });
  },
});

export const KEY_ROUTES: readonly Route[] = [registerTenant, create, list, revoke];
