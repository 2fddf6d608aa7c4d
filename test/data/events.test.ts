/** The suite of events on the embedded PostgreSQL. The same on a real server: npm run test:real. */
import { startEmbeddedDatabase } from "../../src/local/database/embedded.ts";
import { USERS } from "../case/database/bench.ts";
import { describeEvents } from "../case/database/event.case.ts";

// A tenth of the storm: this engine runs one request at a time, in WebAssembly.
const open = async () => {
  const started = await startEmbeddedDatabase({ dataDir: null, users: { ...USERS, postgres: "owner-password" } });
  if (!started.ok) throw new Error(started.error);
  const endpoint = started.value;
  return { endpoint, close: () => endpoint.close() };
};

describeEvents("PGlite", open, { tasks: 4 });
