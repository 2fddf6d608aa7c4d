/**
 * The RPC door: Connect and gRPC-Web, JSON and binary. Native gRPC needs HTTP trailers, which this platform does not
 * send. What the outer door checks for REST is checked here behind the protocol, for a client of a protocol can only
 * read errors in it.
 */
import {
  Code,
  ConnectError,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
  type ServiceImpl,
} from "@connectrpc/connect";
import { type UniversalHandler, universalServerResponseToFetch } from "@connectrpc/connect/protocol";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "../gen/proto/grpc/health/v1/health_pb.js";
import { AgentService } from "../gen/proto/vasini/agent/v1/agent_pb.js";
import { assert } from "../platform/index.ts";
import { authenticate, namedTenant } from "./admit.ts";
import { readBytes } from "./body.ts";
import { HEALTH_WATCH_MS_MAX, RPC_TIMEOUT_MS_MAX } from "./limits.ts";
import type { Scope } from "./route.ts";
import { createAgentService, needsOf, setMetadata } from "./rpc-agent.ts";
import { toWireError } from "./rpc-error.ts";

type Admission = { readonly scope: Scope; readonly refusal: unknown };

const ADMISSION = createContextKey<Admission | null>(null);

function admissionOf(context: HandlerContext): Admission {
  const admission = context.values.get(ADMISSION);
  assert(admission !== null, "every call comes through createRpc");
  return admission;
}

const scopeOf = (context: HandlerContext): Scope => admissionOf(context).scope;

/** Runs before a message is read. Nothing that holds for one service only, but who may call it at all. */
async function gate(context: HandlerContext): Promise<void> {
  const { scope, refusal } = admissionOf(context);
  scope.route = `/${context.service.typeName}/${context.method.name}`;
  setMetadata(context, { trace_id: scope.correlation.traceId });
  try {
    if (refusal !== null) throw refusal;
    if (context.service.typeName === AgentService.typeName) {
      scope.principal = await authenticate(context.requestHeader, scope.deps);
      const asked = { principal: scope.principal, needs: needsOf(context.method) };
      await scope.deps.access({ ...asked, selected: namedTenant(context.requestHeader) });
    }
  } catch (thrown) {
    throw toWireError(scope, context, thrown);
  }
}

const SERVED: readonly string[] = ["", AgentService.typeName, Health.typeName];

/** @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
const health: ServiceImpl<typeof Health> = {
  check: ({ service }) => {
    if (!SERVED.includes(service)) throw new ConnectError("This service is not served here.", Code.NotFound);
    return { status: ServingStatus.SERVING };
  },
  async *watch({ service }, context) {
    yield { status: SERVED.includes(service) ? ServingStatus.SERVING : ServingStatus.SERVICE_UNKNOWN };
    // Nothing changes while a Worker lives; the client asks again when the stream ends.
    await scopeOf(context).deps.clock.sleep(HEALTH_WATCH_MS_MAX, context.signal);
  },
};

/** A path under a served service that is none of its methods. */
function unimplemented(scope: Scope): Response {
  scope.route = "unknown method";
  const body = JSON.stringify({ code: "unimplemented", message: `${scope.url.pathname} is not implemented` });
  return new Response(body, { status: 404, headers: { "content-type": "application/json" } });
}

type RpcHandler = (scope: Scope, check: () => void) => Promise<Response>;

const toHandler =
  (handler: UniversalHandler): RpcHandler =>
  async (scope, check) => {
    const { request, deps } = scope;
    scope.route = handler.requestPath;
    let refusal: unknown = null;
    let bytes: Uint8Array = new Uint8Array(0);
    try {
      check();
      bytes = await readBytes(request, { clock: deps.clock, bytesMax: deps.config.bodyBytesMax });
    } catch (thrown) {
      refusal = thrown;
    }
    const response = await handler({
      httpVersion: "1.1",
      url: request.url,
      method: request.method,
      header: request.headers,
      body: (async function* () {
        yield bytes;
      })(),
      signal: request.signal,
      contextValues: createContextValues().set(ADMISSION, { scope, refusal }),
    });
    return universalServerResponseToFetch(response);
  };

/** @returns the handler of a path that is RPC's (rpc-path.ts). */
export function createRpc(): (path: string) => RpcHandler {
  const router = createConnectRouter({ grpc: false, maxTimeoutMs: RPC_TIMEOUT_MS_MAX, requestGate: gate });
  router.service(AgentService, createAgentService(scopeOf));
  router.service(Health, health);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, toHandler(handler)]));
  return (path) => handlers.get(path) ?? (async (scope) => unimplemented(scope));
}
