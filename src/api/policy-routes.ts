/**
 * Policies of the caller's tenant: published, listed, and one of them chosen to decide beside the operator's. What is
 * published is tried first, in the isolate that it will run in.
 */
import type * as z from "zod";
import { AppError, assert, fromBase64, type TenantId, toRfc3339 } from "../platform/index.ts";
import type { ActivePolicy, PolicyFacts } from "../policy/index.ts";
import { jsonResponse } from "./answer.ts";
import { audited } from "./audited.ts";
import { callObject } from "./call-object.ts";
import type { ApiDeps } from "./deps.ts";
import { ActiveBody, Policy, PolicyBody, PolicyList, PublishedPolicy } from "./policy-schema.ts";
import { type Route, requirePrincipal, tenantRoute } from "./route.ts";

const PATH = "/api/v1/policies";
const ACTIVE_PATH = `${PATH}/active`;

const toPolicy = (facts: PolicyFacts, active: ActivePolicy | null): z.input<ReturnType<typeof Policy>> => ({
  digest: facts.digest,
  name: facts.name,
  bytes: facts.bytes,
  published_at: toRfc3339(facts.publishedAt),
  published_by: facts.publishedBy,
  mode: active?.digest === facts.digest ? active.mode : null,
});

const base = { tag: "policies", needs: "policies:write" } as const;

/**
 * From the inside out: nothing names what is not there. Each part may happen again after a crash, and changes nothing then.
 * The module is put once more behind the end: it may have been dropped when it was put first, and removed since.
 */
async function keep(
  { policies, ...ports }: ApiDeps,
  tenant: TenantId,
  facts: PolicyFacts,
  module: Uint8Array<ArrayBuffer>,
) {
  await policies.shelf.put(tenant, facts.digest, module);
  const added = await callObject(ports, () => policies.objectOf(tenant).add(tenant, facts));
  await policies.shelf.put(tenant, facts.digest, module);
  return added;
}

const publish = tenantRoute({
  ...base,
  method: "POST",
  path: PATH,
  operation: "publishPolicy",
  summary: "Publishes a policy of the tenant's own; it decides nothing until it is made the active one",
  body: PolicyBody,
  answers: [
    { status: 201, description: "Published", schema: PublishedPolicy },
    { status: 200, description: "This very policy was published before", schema: PublishedPolicy },
  ],
  errors: ["POLICY_INVALID", "UNAVAILABLE"],
  handle: async ({ scope, deps, tenant, body }) => {
    const { policies, clock } = deps;
    const module = fromBase64(body.wasm);
    assert(module !== null, "the body's shape holds Base64");
    const checked = await policies.shelf.check(tenant, module);
    if (!checked.ok) throw new AppError("POLICY_INVALID", checked.error);
    const facts: PolicyFacts = {
      digest: await policies.shelf.digestOf(module),
      name: body.name ?? null,
      bytes: module.byteLength,
      publishedAt: clock.now(),
      publishedBy: requirePrincipal(scope).id,
    };
    const change = { tenant, action: "policy.published", resource: `policy:${facts.digest}` } as const;
    const { isNew, facts: kept } = await audited(scope, change, () => keep(deps, tenant, facts, module));
    const active = await callObject(deps, () => policies.objectOf(tenant).active(tenant));
    return jsonResponse(isNew ? 201 : 200, { ...toPolicy(kept, active), undecided: checked.value });
  },
});

const list = tenantRoute({
  ...base,
  method: "GET",
  path: PATH,
  operation: "listPolicies",
  summary: "The tenant's own policies, newest first, and which of them is active",
  answers: [{ status: 200, description: "All of them", schema: PolicyList }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, tenant }) => {
    const { items, active } = await callObject(deps, () => deps.policies.objectOf(tenant).list(tenant));
    return jsonResponse(200, { items: items.map((facts) => toPolicy(facts, active)), next_cursor: null });
  },
});

const activate = tenantRoute({
  ...base,
  method: "PUT",
  path: ACTIVE_PATH,
  operation: "activatePolicy",
  summary: "Makes a published policy the active one, within 30 s everywhere",
  body: ActiveBody,
  answers: [{ status: 200, description: "It is active", schema: Policy }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async ({ scope, deps, tenant, body }) => {
    const { digest, mode } = body;
    const change = { tenant, action: "policy.activated", resource: `policy:${digest}`, details: { mode } } as const;
    const facts = await audited(scope, change, async () => {
      const known = await callObject(deps, () => deps.policies.objectOf(tenant).activate(tenant, body));
      if (known === null) throw new AppError("NOT_FOUND", "The tenant has no policy of this digest.");
      return known;
    });
    return jsonResponse(200, toPolicy(facts, body));
  },
});

const deactivate = tenantRoute({
  ...base,
  method: "DELETE",
  path: ACTIVE_PATH,
  operation: "deactivatePolicy",
  summary: "From now on, within 30 s everywhere, the operator's policy decides alone",
  answers: [{ status: 204, description: "None is active", content: null }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async ({ scope, deps, tenant }) => {
    await audited(scope, { tenant, action: "policy.deactivated", resource: "policy:active" }, async () => {
      if (await callObject(deps, () => deps.policies.objectOf(tenant).deactivate(tenant))) return;
      throw new AppError("NOT_FOUND", "No policy of the tenant's own is active.");
    });
    return new Response(null, { status: 204 });
  },
});

export const POLICY_ROUTES: readonly Route[] = [publish, list, activate, deactivate];
