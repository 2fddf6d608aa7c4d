/**
 * The step of admission that counts: after the tenant is known, before the body is read and the key is looked at. Also
 * what the client is told of it. The header form is a draft and stands in this file alone.
 * @see https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html
 */
import { deriveTaskId, parseIdempotencyKey, type TenantId } from "../platform/index.ts";
import { callObject } from "./call-object.ts";
import type { ApiDeps } from "./deps.ts";
import { RateLimited, type RatePolicyName, type RateVerdict, toSeconds } from "./rate-limiter.ts";

/** The part of a request that is counted. `rate` is what its answer will say. */
type Counted = {
  readonly deps: Pick<ApiDeps, "limiter" | "tasks" | "clock" | "random">;
  rate: RateVerdict | null;
};

/**
 * Counts a request, and notes for its answer what is left.
 * @param keyText the idempotency key as it came, for what makes tasks: repeating a request that was accepted makes
 *   none, so over the limit it goes through as a read. A client that lost an answer can always ask for it again.
 * @throws RateLimited, AppError UNAVAILABLE
 */
export async function limitRate(
  scope: Counted,
  tenant: TenantId,
  policy: RatePolicyName,
  keyText: string | null = null,
): Promise<void> {
  const verdict = await scope.deps.limiter.take(tenant, policy);
  scope.rate = verdict;
  if (verdict.isAllowed) return;
  if (keyText === null || !(await isRepeated(scope, tenant, keyText))) throw new RateLimited(verdict);
  scope.rate = { ...verdict, isAllowed: true };
}

/** Whether the key has its task. Asking is itself a read and counted as one: guessed keys are no way around. */
async function isRepeated(scope: Counted, tenant: TenantId, keyText: string): Promise<boolean> {
  const { deps } = scope;
  const key = parseIdempotencyKey(keyText);
  if (key === undefined) return false;
  const read = await deps.limiter.take(tenant, "read");
  if (!read.isAllowed) return false;
  const taskId = await deriveTaskId(tenant, key);
  // The cheapest thing a task can be asked: a page that is always empty, or null when there is no such task.
  const page = await callObject(deps, () => deps.tasks(tenant, taskId).events(Number.MAX_SAFE_INTEGER, 1));
  return page !== null;
}

/** limitRate for a REST route: what needs a key makes tasks, what is got with GET reads, the rest is not counted. */
export async function limitRoute(
  scope: Counted & { readonly request: Request },
  tenant: TenantId | null,
  route: { readonly method: string; readonly needsKey?: boolean },
): Promise<void> {
  // Without a tenant it is the operator, or a route for everybody.
  if (tenant === null) return;
  const { headers } = scope.request;
  if (route.needsKey) {
    await limitRate(scope, tenant, "default", headers.get("x-idempotency-key") ?? headers.get("idempotency-key"));
  } else if (route.method === "GET") {
    await limitRate(scope, tenant, "read");
  }
}

/** On every answer of a limited route, refusals and errors included. */
export function addRateHeaders(headers: Headers, verdict: RateVerdict | null): void {
  if (verdict === null) return;
  const { policy, remaining, resetMs, isAllowed } = verdict;
  headers.set("ratelimit-policy", `"${policy.name}";q=${policy.limit};w=${policy.windowMs / 1_000}`);
  headers.set("ratelimit", `"${policy.name}";r=${remaining};t=${toSeconds(resetMs)}`);
  if (!isAllowed) headers.set("retry-after", String(toSeconds(resetMs)));
}
