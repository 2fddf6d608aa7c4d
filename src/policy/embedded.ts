/**
 * A compiled policy, evaluated where it is asked. The module comes in from outside: a Worker takes compiled code only
 * as part of its bundle.
 */
import { describeError, type Log } from "../platform/index.ts";
import { denialFor, parseResultSet } from "./decision.ts";
import { DECISIONS_REMEMBERED_MAX, REMEMBERED_QUESTION_CHARS_MAX } from "./limits.ts";
import type { Decision, PolicyEngine } from "./types.ts";

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
  /** By the question's text, the one that was asked last at the end. */
  const remembered = new Map<string, Decision>();
  return {
    async decide(question) {
      try {
        const text = JSON.stringify(question) ?? "null";
        const known = remembered.get(text);
        if (known !== undefined) {
          remembered.delete(text);
          remembered.set(text, known);
          return known;
        }
        loaded ??= await load(module);
        // From here to the result nothing else runs, so questions side by side do not share the memory.
        const decision = parseResultSet(loaded.evaluate(question), digest);
        remember(remembered, text, decision);
        return decision;
      } catch (thrown) {
        // What broke off half way may have left its memory in any state: the next question gets a new instance.
        loaded = null;
        log.error("policy.failed", { policy: digest, error: describeError(thrown) });
        return denialFor("error", digest);
      }
    },
  };
}

/**
 * A policy has no clock, no chance and no memory: all that it may look at is in its question, so it says the same of the same one
 * again. A task asks the same of a tool at each call of it, for as long as its hour and what came into it are the same.
 */
function remember(remembered: Map<string, Decision>, text: string, decision: Decision): void {
  if (text.length > REMEMBERED_QUESTION_CHARS_MAX) return;
  const [oldest] = remembered.keys();
  if (oldest !== undefined && remembered.size >= DECISIONS_REMEMBERED_MAX) remembered.delete(oldest);
  remembered.set(text, decision);
}

const load = async (module: WebAssembly.Module | Uint8Array<ArrayBuffer>): Promise<Loaded> => {
  const { loadPolicy } = await import("./opa.ts");
  return loadPolicy(module);
};
