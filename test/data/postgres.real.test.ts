/** The database suites on a real PostgreSQL (15 or later) with pgvector. */
import { describeAudit } from "../case/database/audit.case.ts";
import { describeIsolation } from "../case/database/isolation.case.ts";
import { describePort } from "../case/database/port.case.ts";
import { describeProjection } from "../case/database/projection.case.ts";
import { openReal } from "../case/database/real.ts";
import { describeSchema } from "../case/database/schema.case.ts";
import { describeTenants } from "../case/database/tenants.case.ts";
import { describeWebhooks } from "../case/database/webhooks.case.ts";

describeIsolation("PostgreSQL", openReal);
describeSchema("PostgreSQL", openReal);
describePort("PostgreSQL", openReal);
describeProjection("PostgreSQL", openReal);
describeWebhooks("PostgreSQL", openReal);
describeAudit("PostgreSQL", openReal);
describeTenants("PostgreSQL", openReal);
