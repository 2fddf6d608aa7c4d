/**
 * A compiled policy, evaluated where it is asked. The module comes in from outside: a Worker takes compiled code only
 * as part of its bundle.
 */
import { describeError, type Log } from "../platform/index.ts";
import { denialFor, parseResultSet } from "./decision.ts";
import type { PolicyEngine } from "./types.ts";

type Loaded = { evaluate(question: unknown): unknown };

/** @param digest SHA-256 of the module's bytes, 64 hexadecimal digits. */
export function createEmbeddedPolicy(options: {
  /** As bytes outside of a Worker. */
  readonly module: WebAssembly.Module | Uint8Array<ArrayBuffer>;
  readonly digest: string;
  readonly log: Pick<Log, "error">;
}): PolicyEngine {
  const { module, digest, log } = options;
  // Finished only: a promise of one request must not be waited for by another.
  let loaded: Loaded | null = null;
  return {
    async decide(question) {
      try {
        loaded ??= await load(module);
        // From here to the result nothing else runs, so questions side by side do not share the memory.
        return parseResultSet(loaded.evaluate(question), digest);
      } catch (thrown) {
        // What broke off half way may have left its memory in any state: the next question gets a new instance.
        loaded = null;
        log.error("policy.failed", { policy: digest, error: describeError(thrown) });
        return denialFor("error", digest);
      }
    },
  };
}

const load = async (module: WebAssembly.Module | Uint8Array<ArrayBuffer>): Promise<Loaded> => {
  const { loadPolicy } = await import("./opa.ts");
  return loadPolicy(module);
};
