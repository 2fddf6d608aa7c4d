/** Running an agent and asking how it goes: the two routes of the plan. */
import { acceptedHeaders, jsonResponse, readTask } from "./answer.ts";
import { type Route, requireKey, requirePackId, requirePrincipal, requireTaskId, tenantRoute } from "./route.ts";
import { runTask, toRunRequest } from "./run-task.ts";
import { Accepted, Finished, RunBody, Status } from "./schema.ts";
import { parsePreferWait, waitForEnd } from "./wait-for-end.ts";

const run = tenantRoute({
  method: "POST",
  path: "/api/v1/agents/{packId}/run",
  operation: "runAgent",
  summary: "Runs an agent: accepts a task and answers before it starts",
  tag: "agents",
  needs: "tasks:write",
  body: RunBody,
  needsKey: true,
  answers: [
    { status: 202, description: "Accepted; the same key and body give the same task", schema: Accepted },
    { status: 200, description: "With `Prefer: wait=N`: the task, ended within N seconds", schema: Finished },
  ],
  errors: [
    "MISSING_INPUT",
    "MISSING_IDEMPOTENCY_KEY",
    "INPUT_TOO_LONG",
    "MODEL_NOT_ALLOWED",
    "PACK_NOT_FOUND",
    "IDEMPOTENCY_KEY_REUSED",
    "UNAVAILABLE",
  ],
  handle: async (call) => {
    const { scope, deps, tenant, body } = call;
    const packId = requirePackId(call.params.packId);
    const key = requireKey(scope.request.headers);
    const accepted = await runTask(
      deps,
      { tenant, key, correlation: scope.correlation, requestedBy: requirePrincipal(scope).id },
      toRunRequest(packId, body),
      scope.background,
    );
    scope.taskId = accepted.taskId;
    const headers = acceptedHeaders(accepted);
    const seconds = parsePreferWait(scope.request.headers.get("prefer"));
    const ended =
      seconds > 0 ? await waitForEnd(deps, { tenant, taskId: accepted.taskId, log: scope.log }, seconds) : null;
    if (ended !== null) {
      const { "retry-after": _, ...rest } = headers;
      return jsonResponse(200, { ...ended, status: ended.state }, { ...rest, "preference-applied": `wait=${seconds}` });
    }
    return jsonResponse(202, { task_id: accepted.taskId, status: "queued", pack_id: accepted.packId }, headers);
  },
});

const status = tenantRoute({
  method: "GET",
  path: "/api/v1/agents/status/{taskId}",
  operation: "getAgentStatus",
  summary: "The state of a task",
  tag: "agents",
  needs: "tasks:read",
  answers: [{ status: 200, description: "Its state now", schema: Status }],
  errors: ["TASK_NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => {
    const { task_id, state, pack_id, pack_version } = await readTask(call.deps, call.tenant, requireTaskId(call));
    return jsonResponse(200, { task_id, state, pack_id, pack_version });
  },
});

export const AGENT_ROUTES: readonly Route[] = [run, status];
