/** What the policy said of the tenant's calls. It is written with the tasks and changed nowhere. */
import { AppError } from "../platform/index.ts";
import { jsonResponse } from "./answer.ts";
import { parseCursor, toCursor } from "./cursor.ts";
import { DecisionList, DecisionsQuery } from "./decision-schema.ts";
import { type Route, tenantRoute } from "./route.ts";

const list = tenantRoute({
  method: "GET",
  path: "/api/v1/decisions",
  operation: "listDecisions",
  summary: "What the policy said of each call, newest first",
  tag: "audit",
  needs: "audit:read",
  query: DecisionsQuery,
  answers: [{ status: 200, description: "One page; `next_cursor` is null on the last", schema: DecisionList }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, tenant, query }) => {
    const before = query.cursor === undefined ? null : parseCursor(query.cursor);
    // A time and an id, as the page before gave them: the database would stumble over anything else.
    if (before === undefined || (before !== null && !/^\d{4}-\d\d-\d\dT[\d:.]{12}Z\|[0-9a-f-]{36}$/.test(before))) {
      throw new AppError("INVALID_REQUEST", "The cursor is not one of ours; start again without it.");
    }
    const { since = null, effect = null, limit } = query;
    const page = await deps.decisions(tenant, { since, effect, limit, before });
    return jsonResponse(200, { items: page.items, next_cursor: page.next === null ? null : toCursor(page.next) });
  },
});

export const DECISION_ROUTES: readonly Route[] = [list];
