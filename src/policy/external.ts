/**
 * The policy of an Open Policy Agent that the operator runs, asked over its data API. No answer in time, an answer that
 * is none, a redirect: all are denials.
 * @see https://www.openpolicyagent.org/docs/rest-api#get-a-document-with-input
 */
import {
  type Clock,
  describeError,
  isRecord,
  type Log,
  readText,
  toAbortSignal,
  utf8Length,
  within,
} from "../platform/index.ts";
import { denialFor, parseDecision } from "./decision.ts";
import { EXTERNAL_ANSWER_BYTES_MAX, EXTERNAL_TIMEOUT_MS, POLICY_NAME_CHARS_MAX } from "./limits.ts";
import type { Decision, PolicyEngine, PolicyQuestion } from "./types.ts";

/** Where the default policy's decision is, in an OPA that was given the same sources. */
const DECISION_PATH = "/v1/data/vasini/authz/decision";

class LateError extends Error {
  override name = "LateError";
}

/** @param url of the server; with a path it is that of the decision itself. */
export function createExternalPolicy(options: {
  readonly url: string;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly log: Pick<Log, "error">;
}): PolicyEngine {
  const { clock, fetch, log } = options;
  const url = decisionUrl(options.url);
  const ask = async (question: PolicyQuestion, signal: AbortSignal): Promise<Decision> => {
    const response = await fetch(url, {
      ...{ method: "POST", redirect: "manual", signal, headers: { "content-type": "application/json" } },
      body: JSON.stringify({ input: question }),
    });
    if (response.status !== 200) throw new Error(`the policy server answered ${response.status}`);
    const text = response.body === null ? "" : await readText(response.body, EXTERNAL_ANSWER_BYTES_MAX);
    const isTooLong = utf8Length(text) > EXTERNAL_ANSWER_BYTES_MAX;
    if (isTooLong) throw new Error(`the answer is over ${EXTERNAL_ANSWER_BYTES_MAX} bytes`);
    return readAnswer(JSON.parse(text));
  };
  return {
    async decide(question) {
      try {
        const late = () => new LateError(`no answer within ${EXTERNAL_TIMEOUT_MS} ms`);
        return await within(clock, EXTERNAL_TIMEOUT_MS, late, (signal) => ask(question, toAbortSignal(signal)));
      } catch (thrown) {
        log.error("policy.failed", { policy: "opa", error: describeError(thrown) });
        return denialFor(thrown instanceof LateError ? "timeout" : "error", "opa");
      }
    },
  };
}

function decisionUrl(text: string): string {
  const url = new URL(text);
  if (url.pathname === "/") url.pathname = DECISION_PATH;
  // Which bundles decided, so that an approval given under other ones does not count.
  url.searchParams.set("provenance", "true");
  return url.href;
}

function readAnswer(answer: unknown): Decision {
  if (!isRecord(answer)) return parseDecision(null, "opa");
  return parseDecision(answer.result, nameOf(answer.provenance));
}

/** `opa:` and the revisions of its bundles; `opa` alone when it has none. */
function nameOf(provenance: unknown): string {
  const bundles = isRecord(provenance) && isRecord(provenance.bundles) ? Object.entries(provenance.bundles) : [];
  const revisions = bundles
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, bundle]) => (isRecord(bundle) && typeof bundle.revision === "string" ? [bundle.revision] : []));
  return ["opa", ...revisions].join(":").slice(0, POLICY_NAME_CHARS_MAX);
}
