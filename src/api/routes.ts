/** Every route of the REST interface, in the order of its document. */
import { AGENT_ROUTES } from "./agent-routes.ts";
import { APPROVAL_ROUTES } from "./approval-routes.ts";
import { AUDIT_ROUTES } from "./audit-routes.ts";
import { DEAD_LETTER_ROUTES } from "./dead-letter-routes.ts";
import { DECISION_ROUTES } from "./decision-routes.ts";
import { FILE_ROUTES } from "./file-routes.ts";
import { KEY_ROUTES } from "./key-routes.ts";
import { MCP_ROUTES } from "./mcp-route.ts";
import { PACK_ROUTES } from "./pack-routes.ts";
import { POLICY_ROUTES } from "./policy-routes.ts";
import type { Route } from "./route.ts";
import { SECRET_ROUTES } from "./secret-routes.ts";
import { SERVICE_ROUTES } from "./service-routes.ts";
import { TASK_ROUTES } from "./task-routes.ts";
import { WEBHOOK_ROUTES } from "./webhook-routes.ts";

export const ROUTES: readonly Route[] = [
  ...AGENT_ROUTES,
  ...TASK_ROUTES,
  ...FILE_ROUTES,
  ...APPROVAL_ROUTES,
  ...PACK_ROUTES,
  ...KEY_ROUTES,
  ...WEBHOOK_ROUTES,
  ...SECRET_ROUTES,
  ...MCP_ROUTES,
  ...DEAD_LETTER_ROUTES,
  ...AUDIT_ROUTES,
  ...DECISION_ROUTES,
  ...POLICY_ROUTES,
  ...SERVICE_ROUTES,
];
