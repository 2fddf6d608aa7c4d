/** Whether the service is there, and what it can do. No tenant is asked for. */
import { AppError } from "../platform/index.ts";
import { jsonResponse } from "./answer.ts";
import { problemResponse } from "./problem.ts";
import { type Route, route } from "./route.ts";
import { Health, Ready } from "./schema.ts";

const health = route({
  method: "GET",
  path: "/health",
  operation: "getHealth",
  summary: "Answers without touching anything",
  tag: "service",
  audience: "open",
  needs: null,
  answers: [{ status: 200, description: "Alive", schema: Health }],
  errors: [],
  handle: async () => jsonResponse(200, { status: "ok" }),
});

const ready = route({
  method: "GET",
  path: "/ready",
  operation: "getReady",
  summary: "Whether tasks can be accepted",
  tag: "service",
  audience: "open",
  needs: null,
  answers: [{ status: 200, description: "They can; `checks` names what is degraded", schema: Ready }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, scope }) => {
    const { checks, database: found } = await deps.ready();
    const database = found && { schema_version: found.schemaVersion, role_is_safe: found.isRoleSafe };
    if (!Object.values(checks).includes("failed")) return jsonResponse(200, { status: "ready", checks, database });
    return problemResponse(
      new AppError("UNAVAILABLE", "Tasks cannot be accepted."),
      { traceId: scope.correlation.traceId, tenant: null, instance: scope.url.pathname },
      { members: { checks, database } },
    );
  },
});

export const SERVICE_ROUTES: readonly Route[] = [health, ready];
