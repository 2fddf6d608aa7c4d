/** What decides: the operator's policy, enforced or on trial, and beside it each tenant's own. Wiring only. */
import { waitUntil } from "cloudflare:workers";
import { type ApiDeps, createAccessCheck } from "./api/index.ts";
import type { Bindings } from "./bindings.ts";
import type { Config } from "./env.ts";
import { type Db, type Log, systemClock, type TenantId } from "./platform/index.ts";
import {
  createDecisionWriter,
  createEmbeddedPolicy,
  createExternalPolicy,
  createPolicyIsolates,
  createPolicyShelf,
  DEFAULT_POLICY,
  logOnly,
  type PolicyEngine,
  type PolicyObjectServices,
  removeModules,
  withTenantPolicies,
} from "./policy/index.ts";
import { policyModule } from "./policy/object.ts";

/** Once per isolate: the compiled policy keeps its memory between questions. */
export function createPolicy(
  env: Bindings,
  { opaUrl, mode, region }: Config["policy"],
  { db, log }: { readonly db: Db | null; readonly log: Log },
) {
  const embedded = createEmbeddedPolicy({ module: policyModule, digest: DEFAULT_POLICY.digest, log });
  const engine: PolicyEngine =
    opaUrl === null
      ? embedded
      : createExternalPolicy({ url: opaUrl, clock: systemClock, log, fetch: (input, init) => fetch(input, init) });
  const objectOf = (tenant: TenantId) => env.POLICY.getByName(tenant);
  const assets = (path: string) => env.ASSETS.fetch(`http://assets${path}`);
  const isolates = createPolicyIsolates({ loader: env.LOADER, assets });
  const shelf = createPolicyShelf({ bucket: env.PACKS, isolates, clock: systemClock });
  const operator = mode === "log" ? logOnly(engine) : engine;
  const ports = { objectOf, isolates, load: shelf.load, clock: systemClock, log };
  const write = createDecisionWriter(db, log);
  // Told beside the request, which waits for nothing of it.
  const onPolicyDenied: ApiDeps["onPolicyDenied"] = (tenant, made) => waitUntil(write(tenant, made));
  const access = createAccessCheck({ engine: embedded, region, clock: systemClock, onDenied: onPolicyDenied });
  const doors = { access, onPolicyDenied, policies: { shelf, objectOf } };
  return { engine: withTenantPolicies({ operator, ...ports }), region, doors };
}

/** For the object that knows the policies of a tenant. */
export const policyServices = (env: Bindings): PolicyObjectServices => ({
  remove: (tenant, digests) => removeModules(env.PACKS, tenant, digests),
});
