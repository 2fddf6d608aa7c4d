/** The database suites on a real PostgreSQL (15 or later) with pgvector. */
import { describeIsolation } from "../case/database/isolation.case.ts";
import { describePort } from "../case/database/port.case.ts";
import { openReal } from "../case/database/real.ts";
import { describeSchema } from "../case/database/schema.case.ts";

describeIsolation("PostgreSQL", openReal);
describeSchema("PostgreSQL", openReal);
describePort("PostgreSQL", openReal);
