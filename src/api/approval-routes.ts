/** Approvals: what waits for a person, and the decision. The list is the tenant's index's, the truth the task's. */
import { AppError, parseTaskId, type TaskId, type TenantId, utf8Length } from "../platform/index.ts";
import type { ApprovalView, Decide } from "../task/index.ts";
import { jsonResponse } from "./answer.ts";
import { Approval, ApprovalList, ApprovalsQuery, DecisionBody } from "./approval-schema.ts";
import { audited } from "./audited.ts";
import { callObject } from "./call-object.ts";
import { parseCursor, toCursor } from "./cursor.ts";
import type { ApiDeps } from "./deps.ts";
import { DECISION_RESULT_BYTES_MAX } from "./limits.ts";
import { type Route, requirePrincipal, type Scope, tenantRoute } from "./route.ts";

const notFound = (): AppError => new AppError("NOT_FOUND", "There is no such approval.");

/** @throws AppError NOT_FOUND also for what cannot be an approval's id: no answer tells one from the other. */
function requireApproval(call: { readonly scope: Scope; readonly params: Readonly<Record<string, string>> }): {
  readonly taskId: TaskId;
  readonly n: number;
} {
  const [, task, number] = /^([^.]+)\.([1-9]\d{0,8})$/.exec(call.params.approvalId ?? "") ?? [];
  const taskId = parseTaskId(task);
  if (taskId === undefined) throw notFound();
  call.scope.taskId = taskId;
  return { taskId, n: Number(number) };
}

const list = tenantRoute({
  method: "GET",
  path: "/api/v1/approvals",
  operation: "listApprovals",
  summary: "What waits for a person, newest first; also while the database is away",
  tag: "approvals",
  needs: "approvals:read",
  query: ApprovalsQuery,
  answers: [{ status: 200, description: "One page; `next_cursor` is null on the last", schema: ApprovalList }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, tenant, query, scope }) => {
    const before = query.cursor === undefined ? null : parseCursor(query.cursor);
    if (before === undefined) {
      throw new AppError("INVALID_REQUEST", "The cursor is not one of ours; start again without it.");
    }
    const state = query.state === "all" ? null : query.state;
    const { limit } = query;
    const page = await callObject(deps, () => deps.approvals(tenant).listApprovals({ state, limit, before }));
    if (page.next === null) return jsonResponse(200, { items: page.items, next_cursor: null });
    const next = toCursor(page.next);
    const url = new URL(scope.url);
    url.searchParams.set("cursor", next);
    const link = `<${url.pathname}${url.search}>; rel="next"`;
    return jsonResponse(200, { items: page.items, next_cursor: next }, { link });
  },
});

const get = tenantRoute({
  method: "GET",
  path: "/api/v1/approvals/{approvalId}",
  operation: "getApproval",
  summary: "One approval, with the whole arguments of its call",
  tag: "approvals",
  needs: "approvals:read",
  answers: [{ status: 200, description: "As it is now", schema: Approval }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => {
    const { taskId, n } = requireApproval(call);
    const approval = await callObject(call.deps, () => call.deps.tasks(call.tenant, taskId).approval(n));
    if (approval === null) throw notFound();
    return jsonResponse(200, approval);
  },
});

/** @throws AppError INVALID_REQUEST */
function toResult(result: unknown): string | null {
  if (result === undefined) return null;
  const text = JSON.stringify(result);
  if (utf8Length(text) <= DECISION_RESULT_BYTES_MAX) return text;
  const message = `is longer than ${DECISION_RESULT_BYTES_MAX} bytes of JSON`;
  throw new AppError("INVALID_REQUEST", `The body is not valid: /result: ${message}`, {
    errors: [{ pointer: "/result", message }],
  });
}

type Place = { readonly deps: ApiDeps; readonly tenant: TenantId; readonly taskId: TaskId; readonly n: number };

/** @throws AppError NOT_FOUND, UNAVAILABLE, and what the decision is refused with */
async function decideOnce({ deps, tenant, taskId, n }: Place, request: Decide): Promise<ApprovalView> {
  const outcome = await callObject(deps, () => deps.tasks(tenant, taskId).decide(n, request));
  switch (outcome.kind) {
    case "decided":
      return outcome.approval;
    case "refused":
      throw new AppError(outcome.code, outcome.message);
    case "unknown":
      throw notFound();
  }
}

const decide = tenantRoute({
  method: "POST",
  path: "/api/v1/approvals/{approvalId}/decision",
  operation: "decideApproval",
  summary: "Decides, once: the first decision that counts stands, and the task goes on by itself",
  tag: "approvals",
  needs: "approvals:decide",
  body: DecisionBody,
  answers: [{ status: 200, description: "The approval with the decision", schema: Approval }],
  errors: [
    "NOT_FOUND",
    "DECISION_INVALID",
    "APPROVAL_EXPIRED",
    "APPROVAL_ALREADY_DECIDED",
    "APPROVAL_ARGS_CHANGED",
    "APPROVAL_SELF",
    "APPROVAL_USED",
    "ALREADY_TERMINAL",
    "UNAVAILABLE",
  ],
  handle: async (call) => {
    const { deps, scope, tenant, body } = call;
    const { taskId, n } = requireApproval(call);
    const request = {
      decision: body.decision,
      by: requirePrincipal(scope).id,
      reason: body.reason ?? null,
      args_hash: body.args_hash ?? null,
      result: toResult(body.result),
      // Of this request alone: its span. callObject may make one call twice, and the second must not meet the first.
      request_key: scope.correlation.traceparent,
    };
    const change = {
      tenant,
      action: "approval.decided",
      resource: `approval:${taskId}.${n}`,
      details: { decision: body.decision },
    } as const;
    return jsonResponse(200, await audited(scope, change, () => decideOnce({ deps, tenant, taskId, n }, request)));
  },
});

export const APPROVAL_ROUTES: readonly Route[] = [list, get, decide];
