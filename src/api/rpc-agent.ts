/** vasini.agent.v1.AgentService: the same acceptance and the same reads as REST, as messages. */
import type { DescMethod } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { AgentService, RunAgentRequest } from "../gen/proto/vasini/agent/v1/agent_pb.js";
import {
  AppError,
  assert,
  deriveAgentId,
  parseIdempotencyKey,
  parseTaskId,
  parseTenantId,
  type TaskId,
  type TenantId,
} from "../platform/index.ts";
import type { TaskView } from "../task/index.ts";
import type { AccessScope } from "./access.ts";
import { actingTenant, authenticate, selectedTenant } from "./admit.ts";
import { cancelTask, readTask } from "./answer.ts";
import { checkText } from "./body.ts";
import { RPC_METADATA } from "./cors.ts";
import { parseShape } from "./parse-shape.ts";
import type { Principal } from "./principal.ts";
import { limitRate } from "./rate-limit.ts";
import { requirePackId, requirePrincipal, type Scope } from "./route.ts";
import { toWireError } from "./rpc-error.ts";
import { followAsMessages, toWireStatus } from "./rpc-stream.ts";
import { runTask, toRunRequest } from "./run-task.ts";
import { RunBody } from "./schema.ts";
import { untilRefused } from "./while-admitted.ts";

/** The scope each method asks for. A method without a row cannot be called. */
export const RPC_NEEDS: Readonly<Record<keyof typeof AgentService.method, AccessScope>> = {
  runAgent: "tasks:write",
  getAgentStatus: "tasks:read",
  cancelAgent: "tasks:cancel",
};

export function needsOf(method: DescMethod): AccessScope {
  const needs = new Map<string, AccessScope>(Object.entries(RPC_NEEDS)).get(method.localName);
  assert(needs !== undefined, "every method has its scope");
  return needs;
}

type Metadata = Partial<Record<(typeof RPC_METADATA)[number], string>>;

/** Sets what is known in headers and trailers alike: not every client shows both. */
export function setMetadata(context: HandlerContext, metadata: Metadata): void {
  for (const name of RPC_METADATA) {
    const value = metadata[name];
    if (value === undefined) continue;
    context.responseHeader.set(name, value);
    context.responseTrailer.set(name, value);
  }
}

/** The tenant a message names. Without a name: the header's, then the only one of the credential. @throws AppError */
function namedTenant(principal: Principal, context: HandlerContext, text: string): TenantId | null {
  if (text === "") {
    // The header alone selects among a credential's tenants; where it would be the credential itself, the message must say it.
    if (principal.tenants === "any") throw new AppError("MISSING_TENANT", "tenant_id is required");
    return selectedTenant(context.requestHeader);
  }
  const tenant = parseTenantId(text);
  if (tenant === undefined) {
    throw new AppError(
      "INVALID_REQUEST",
      "tenant_id must be 1 to 36 letters, digits, '.', '_' or '-', starting with a letter or digit.",
    );
  }
  const selected = context.requestHeader.get("x-tenant-id");
  if (selected !== null && selected !== tenant) {
    throw new AppError("TENANT_MISMATCH", "tenant_id and X-Tenant-ID name different tenants.");
  }
  return tenant;
}

/** @throws AppError MISSING_TENANT, INVALID_REQUEST, TENANT_MISMATCH */
function requireTenant(scope: Scope, context: HandlerContext, text: string): TenantId {
  const principal = requirePrincipal(scope);
  const tenant = actingTenant(principal, namedTenant(principal, context, text));
  scope.tenant = tenant;
  setMetadata(context, { tenant_id: tenant });
  return tenant;
}

function requireTask(scope: Scope, context: HandlerContext, text: string): TaskId {
  const taskId = parseTaskId(text);
  if (taskId === undefined) throw new AppError("TASK_NOT_FOUND");
  scope.taskId = taskId;
  setMetadata(context, { task_id: taskId });
  return taskId;
}

async function setAgent(scope: Scope, context: HandlerContext, tenant: TenantId, view: TaskView): Promise<void> {
  const { pack_id: packId, pack_version: packVersion, session_id: sessionId } = view;
  scope.agentId = await deriveAgentId({ tenant, packId, packVersion, sessionId });
  setMetadata(context, { agent_id: scope.agentId, task_id: view.task_id });
}

/** The message as the body REST would have got: proto's empty string is an absent member. */
function toBody(message: RunAgentRequest): Record<string, unknown> {
  const optional = (name: string, value: string) => (value === "" ? {} : { [name]: value });
  return {
    input: message.input,
    metadata: message.metadata,
    ...optional("session_id", message.sessionId),
    ...optional("version", message.version),
    ...optional("tier", message.tier),
  };
}

/** Refuses what REST refuses, in the order of the proto: tenant, input, key. */
function toRequest(message: RunAgentRequest) {
  if (message.input === "") throw new AppError("MISSING_INPUT");
  const value = toBody(message);
  // REST bodies were looked at when they were parsed; a message was parsed by the protocol.
  checkText(value);
  const body = parseShape(RunBody(), value, "message");
  if (message.idempotencyKey === "") {
    throw new AppError("MISSING_IDEMPOTENCY_KEY", "idempotency_key is required");
  }
  const key = parseIdempotencyKey(message.idempotencyKey);
  if (key === undefined) {
    throw new AppError("INVALID_REQUEST", "idempotency_key must be 1 to 255 visible ASCII characters.");
  }
  return { key, request: toRunRequest(requirePackId(message.packId), body) };
}

/** As untilRefused, for RunAgent's stream; what the gate and the method asked of the caller is asked again. */
function untilRefusedCall(scope: Scope, context: HandlerContext, tenant: TenantId, over: AbortSignal): AbortSignal {
  const { deps, log } = scope;
  const admit = async (): Promise<TenantId> => {
    const principal = await authenticate(context.requestHeader, deps);
    await deps.access({ principal, needs: RPC_NEEDS.runAgent, selected: tenant });
    return actingTenant(principal, tenant);
  };
  return untilRefused({ admit, clock: deps.clock, log }, AbortSignal.any([context.signal, over]));
}

/** @param scopeOf the request a call belongs to. */
export function createAgentService(scopeOf: (context: HandlerContext) => Scope): ServiceImpl<typeof AgentService> {
  return {
    async *runAgent(message, context) {
      const scope = scopeOf(context);
      const { deps, correlation, background } = scope;
      const over = new AbortController();
      let refused: AbortSignal | null = null;
      try {
        const tenant = requireTenant(scope, context, message.tenantId);
        await limitRate(scope, tenant, "default", message.idempotencyKey);
        const { key, request } = toRequest(message);
        const origin = { tenant, key, correlation, requestedBy: requirePrincipal(scope).id };
        const { taskId } = await runTask(deps, origin, request, background);
        scope.taskId = taskId;
        await setAgent(scope, context, tenant, await readTask(deps, tenant, taskId));
        refused = untilRefusedCall(scope, context, tenant, over.signal);
        const signal = AbortSignal.any([context.signal, refused]);
        yield* followAsMessages({ deps, log: scope.log, tenant, taskId, signal });
      } catch (thrown) {
        // What an aborted read rejects with in workerd is a copy of the reason, and of no class.
        throw toWireError(scope, context, refused?.aborted ? refused.reason : thrown);
      } finally {
        over.abort();
      }
    },
    async getAgentStatus(message, context) {
      const scope = scopeOf(context);
      try {
        const tenant = requireTenant(scope, context, message.tenantId);
        await limitRate(scope, tenant, "read");
        const view = await readTask(scope.deps, tenant, requireTask(scope, context, message.taskId));
        await setAgent(scope, context, tenant, view);
        return toWireStatus(view);
      } catch (thrown) {
        throw toWireError(scope, context, thrown);
      }
    },
    async cancelAgent(message, context) {
      const scope = scopeOf(context);
      try {
        const tenant = requireTenant(scope, context, message.tenantId);
        const taskId = requireTask(scope, context, message.taskId);
        await setAgent(scope, context, tenant, await readTask(scope.deps, tenant, taskId));
        await cancelTask(scope, tenant, taskId);
        return { success: true };
      } catch (thrown) {
        throw toWireError(scope, context, thrown);
      }
    },
  };
}
