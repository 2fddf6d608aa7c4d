/**
 * The door as one function: what every request passes on its way in, and what every answer is given on its way out.
 * REST and RPC meet here and nowhere else.
 */
import type { AppError } from "../platform/index.ts";
import { checkHost } from "./admit.ts";
import { checkHeaderSize, drainBody } from "./body.ts";
import { correlate } from "./correlate.ts";
import { addCorsHeaders, checkOrigin, isPreflight, preflightResponse } from "./cors.ts";
import type { ApiDeps, Background } from "./deps.ts";
import { problemResponse, toAppError } from "./problem.ts";
import { addRateHeaders } from "./rate-limit.ts";
import { RateLimited } from "./rate-limiter.ts";
import { createRest, MethodNotAllowed } from "./rest.ts";
import type { Scope } from "./route.ts";
import { isRpcPath, loadRpc } from "./rpc-path.ts";

type Handler = (scope: Scope) => Promise<Response>;

/** What holds for every request, before anything of it is read. @throws AppError */
function checkRequest({ request, url, deps }: Scope): void {
  checkHost(url, deps.config);
  checkHeaderSize(request.headers);
  checkOrigin(request, url, deps.config.corsOrigins);
}

function answerProblem(scope: Scope, error: AppError): Response {
  const context = { traceId: scope.correlation.traceId, tenant: scope.tenant, instance: scope.url.pathname };
  const headers: Record<string, string> = error instanceof MethodNotAllowed ? { allow: error.allow } : {};
  if (!(error instanceof RateLimited)) return problemResponse(error, context, { headers });
  scope.rate = error.verdict;
  return problemResponse(error, context, { members: { "violated-policies": [error.verdict.policy.name] } });
}

/** A copy, for answers from elsewhere have headers that cannot be changed. */
function finish(scope: Scope, answer: Response): Response {
  const response = new Response(answer.body, answer);
  const { headers } = response;
  headers.set("x-request-id", scope.correlation.traceId);
  headers.set("traceparent", scope.correlation.traceparent);
  headers.set("x-content-type-options", "nosniff");
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  addRateHeaders(headers, scope.rate);
  addCorsHeaders(headers, scope.request, scope.url, scope.deps.config.corsOrigins);
  return response;
}

async function answer(scope: Scope, rest: Handler): Promise<Response> {
  const path = scope.url.pathname;
  const isRpc = isRpcPath(path);
  try {
    if (!isRpc || isPreflight(scope.request)) checkRequest(scope);
    if (isPreflight(scope.request)) return preflightResponse();
    if (!isRpc) return await rest(scope);
    // An RPC client can only read errors in its own protocol, so its handler makes the checks.
    const handle = (await loadRpc())(path);
    return await handle(scope, () => checkRequest(scope));
  } catch (thrown) {
    const error = toAppError(thrown, scope.log);
    scope.refusal = error.code;
    return answerProblem(scope, error);
  }
}

/** @returns the whole public interface as a fetch handler. Never rejects. */
export function createApi(deps: ApiDeps): (request: Request, background: Background) => Promise<Response> {
  const rest = createRest();
  return async (request, background) => {
    const started = deps.clock.now();
    const url = new URL(request.url);
    const correlation = correlate(request.headers);
    const log = deps.log.with({ trace_id: correlation.traceId });
    const scope: Scope = {
      deps,
      request,
      url,
      correlation,
      background,
      log,
      principal: null,
      tenant: null,
      taskId: null,
      agentId: null,
      refusal: null,
      rate: null,
      route: "unmatched",
    };
    const response = finish(scope, await answer(scope, rest));
    const told = deps.witness.see(scope);
    if (told !== null) background.waitUntil(told);
    deps.log
      .with({
        trace_id: correlation.traceId,
        ...(scope.tenant === null ? {} : { tenant_id: scope.tenant }),
        ...(scope.taskId === null ? {} : { task_id: scope.taskId }),
        ...(scope.agentId === null ? {} : { agent_id: scope.agentId }),
      })
      .info("request", {
        method: request.method,
        route: scope.route,
        status: response.status,
        duration_ms: deps.clock.now() - started,
        actor: scope.principal?.id ?? null,
      });
    if (deps.config.environment === "development") await drainBody(request, deps.clock);
    return response;
  };
}
