/** A thread of `npm run prove`: does errands one after the other, each in this thread's own universe. */
import "./worker-runtime.ts";
import { parentPort } from "node:worker_threads";
import type { Errand } from "./errand.ts";
import type { Verdict } from "./verdict.ts";

export type FromThread = { readonly errand: Errand; readonly verdict: Verdict } | { readonly failed: string };

const { run } = await import("./errand.ts");
const { openUniverse } = await import("./plans.ts");
const universe = await openUniverse();
const say = (message: FromThread | "ready"): void => parentPort?.postMessage(message);

parentPort?.on("message", (errand: Errand | "end") => {
  if (errand === "end") {
    void universe.close().then(() => parentPort?.close());
    return;
  }
  run(errand, universe).then(
    (verdict) => say({ errand, verdict }),
    (thrown: unknown) =>
      say({ failed: `${JSON.stringify(errand)}: ${thrown instanceof Error ? thrown.stack : String(thrown)}` }),
  );
});
say("ready");
