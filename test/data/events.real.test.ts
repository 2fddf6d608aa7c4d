/** The suite of events on a real PostgreSQL (15 or later). */
import { describeEvents } from "../case/database/event.case.ts";
import { openReal } from "../case/database/real.ts";

describeEvents("PostgreSQL", openReal, { tasks: 40 });
