/**
 * What each code means to the person who meets it: why it happens and what to do. Served under `/docs/errors`, where
 * every problem's `type` leads, and kept equal to `docs/errors.md` by a test.
 */
import { ERRORS, type ErrorCode } from "../platform/index.ts";
import type { TaskErrorCode } from "../task/index.ts";
import type { ToolErrorCode } from "../tool/index.ts";

type Advice = { readonly cause: string; readonly remedy: string };

export const REQUEST_ADVICE = {
  MISSING_TENANT: {
    cause: "The request names no tenant, and its credential does not name one either.",
    remedy: "Send `X-Tenant-ID: <tenant>`. Over RPC set `tenant_id` in the message.",
  },
  MISSING_INPUT: {
    cause: "The body has no `input`, or it is empty.",
    remedy: 'Send `{"input": "..."}` with at least one character.',
  },
  MISSING_IDEMPOTENCY_KEY: {
    cause: "The call creates a task, and without a key a repetition after a lost answer would create a second one.",
    remedy:
      "Send `X-Idempotency-Key` (or `Idempotency-Key`) with a value of your own, such as a UUID, and the same value when you repeat the call. Over RPC set `idempotency_key`.",
  },
  INVALID_REQUEST: {
    cause: "A part of the request has the wrong shape: an identifier, a query parameter, or a member of the body.",
    remedy:
      "Read `detail`, and `errors[]` where there is one: each item points at a place and says what is expected there.",
  },
  INPUT_TOO_LONG: {
    cause: "The input has more characters than the pack's `guardrails.input.max_length`.",
    remedy: "Shorten the input, or raise the limit in a new version of the pack.",
  },
  UNAUTHENTICATED: {
    cause: "There is no credential, or it is not valid. A wrong credential is never ignored, not even in development.",
    remedy:
      "Send `Authorization: Bearer <key or token>` with one that is neither revoked nor expired. With `AUTH_MODE=dev` the header may be left out.",
  },
  TENANT_MISMATCH: {
    cause: "The tenant in the message or header is not one that the credential acts for.",
    remedy: "Use the credential's own tenant, and the same one everywhere in a request.",
  },
  FORBIDDEN: {
    cause:
      "The caller is known and may not do this: its roles lack the scope that `detail` names, the policy does not let the tenant run the pack, or the call comes from a web page of an unknown origin.",
    remedy: "Use a credential with the role the call needs. For a page, have its origin listed in `CORS_ORIGINS`.",
  },
  MODEL_NOT_ALLOWED: {
    cause:
      "The tenant's allow-list (`TENANT_TIER_ALLOWLIST`) does not have the tier that was asked for, or the pack's own.",
    remedy: "Send a `tier` that is allowed, or have the operator extend the list.",
  },
  TASK_NOT_FOUND: {
    cause:
      "There is no such task: it never was, it belongs to another tenant, or it ended longer ago than tasks are kept.",
    remedy: "Check the id and the tenant. `GET /api/v1/tasks` lists the tenant's tasks.",
  },
  PACK_NOT_FOUND: {
    cause:
      "No pack of this id, or not in this version, is published for the tenant. A running task fails with it when its pack was removed.",
    remedy:
      "Check the id and the version. `GET /api/v1/packs` lists what the tenant can run; `vasini pack publish` adds to it.",
  },
  NOT_FOUND: {
    cause: "Nothing is served at this path.",
    remedy: "Check the address against `/openapi.json`.",
  },
  METHOD_NOT_ALLOWED: {
    cause: "The path exists and does not answer to this method.",
    remedy: "Use one of the methods in the `Allow` header.",
  },
  REQUEST_TIMEOUT: {
    cause: "The body did not arrive in time.",
    remedy: "Send it again over a better connection. With the same idempotency key nothing is created twice.",
  },
  ALREADY_TERMINAL: {
    cause: "The task has ended, so there is nothing left to cancel or to decide.",
    remedy: "Read the task. To run it again, replay it.",
  },
  DECISION_INVALID: {
    cause:
      "An approval takes `approve` or `reject`, an unknown outcome `happened`, `did_not_happen` or `retry`, and this was one of the other kind.",
    remedy: "Read the approval: its `kind` says what is asked.",
  },
  APPROVAL_EXPIRED: {
    cause:
      "Nobody decided within the pack's `guardrails.behavioral.approval_ttl`. The call did not run, the model was told so, and the task went on.",
    remedy: "Replay the task to be asked again, or raise the time in the pack.",
  },
  APPROVAL_ALREADY_DECIDED: {
    cause: "Somebody decided before, and the first decision stands. `detail` says who, what and when.",
    remedy: "Read the approval. If the decision was wrong, cancel the task while it still waits or runs.",
  },
  APPROVAL_ARGS_CHANGED: {
    cause: "`args_hash` is not the hash of the arguments this approval is for, so you were shown something else.",
    remedy: "Read the approval, look at its `arguments`, and decide with the `args_hash` beside them.",
  },
  APPROVAL_SELF: {
    cause:
      "The pack has `four_eyes: true`, and the credential that decides is the one that started the task, or it is not known who started it.",
    remedy: "Have somebody else decide, with a credential of their own.",
  },
  APPROVAL_USED: {
    cause: "The approval was given and the call was made on it. An approval is for one call, once.",
    remedy: "Read the result in the task's events. The agent asks again when it wants to call again.",
  },
  VERSION_EXISTS: {
    cause: "This version of the pack is published with other content; in production a version never changes.",
    remedy: "Raise `version` in `profession-pack.yaml` and publish again.",
  },
  TENANT_EXISTS: {
    cause: "There is a tenant of this id, and it stays as it is.",
    remedy: "Take another id, or go on with the tenant there is.",
  },
  KEY_LIMIT_REACHED: {
    cause: "The tenant has 100 keys that are neither revoked nor expired.",
    remedy: "Revoke keys that nobody uses: `vasini keys ls` shows when each was last used.",
  },
  WEBHOOK_LIMIT_REACHED: {
    cause: "The tenant has 20 webhooks.",
    remedy: "Remove one that nobody needs: `vasini webhooks ls` shows which are disabled.",
  },
  SECRET_LIMIT_REACHED: {
    cause: "The tenant has 64 secrets.",
    remedy: "Remove one that no tool needs: `vasini secrets ls` shows where each goes.",
  },
  TOO_LARGE: {
    cause: "The body has more bytes than `BODY_BYTES_MAX` (1 MiB by default).",
    remedy: "Send less. The operator can raise the limit.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    cause: "The body is not declared as JSON.",
    remedy: "Send `Content-Type: application/json`.",
  },
  MISDIRECTED_REQUEST: {
    cause:
      "With `AUTH_MODE=dev` only `localhost`, `127.0.0.1` and `[::1]` are served: any other name could be a web page's that was pointed at this machine.",
    remedy: "Call by one of these names, or set `AUTH_MODE=required`.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    cause: "The tenant used this key with another request, or its task is past its retention.",
    remedy: "Use a new key for a new request. To repeat a request, send exactly the same one.",
  },
  PACK_INVALID: {
    cause: "The pack has errors, so nothing was published.",
    remedy:
      "Mend every item of `errors[]`: each has file, line, column, what was found and what is expected. `vasini pack validate` shows the same offline.",
  },
  POLICY_INVALID: {
    cause: "What was published as a policy cannot be evaluated, or gives no decision. Nothing was published.",
    remedy:
      "Do what `detail` says. `vasini policy publish` compiles Rego as it is needed; docs/policy.md says what a policy is given and gives.",
  },
  RATE_LIMITED: {
    cause:
      "The tenant sent more requests in the window than it may, or too many credentials that came from the client's address were refused.",
    remedy: "Wait for as many seconds as `Retry-After` says, then send the same request again.",
  },
  HEADERS_TOO_LARGE: {
    cause: "The headers have more than 16 KB together.",
    remedy: "Send fewer or shorter headers; large cookies are the usual reason.",
  },
  INTERNAL: {
    cause: "Something failed on our side that should not have. The log has the reason under the trace id.",
    remedy: "Repeat the call with the same idempotency key. If it stays, report the `trace_id`.",
  },
  UNAVAILABLE: {
    cause: "A part that this call needs does not answer now, or is overloaded.",
    remedy: "Wait for as many seconds as `Retry-After` says, then repeat the call with the same idempotency key.",
  },
} as const satisfies Record<ErrorCode, Advice>;

export const TASK_ADVICE = {
  MAX_STEPS: {
    cause:
      "The agent took `guardrails.behavioral.max_autonomous_steps` steps and was not done. What it wrote so far is in `output`.",
    remedy: "Ask for less at once, or raise the limit in the pack.",
  },
  LOOP_DETECTED: {
    cause: "The agent made the same tool call three times in a row with the same result.",
    remedy: "Read the calls in the task's events; name the tool's limits in the pack's skills, or mend the tool.",
  },
  DEADLINE_EXCEEDED: {
    cause:
      "The task was not done within its time: one hour, or less where its procedure says so. What it waited for a person does not count.",
    remedy: "Ask for less at once, or look in the events at what took so long.",
  },
  ATTEMPTS_EXHAUSTED: {
    cause: "The last of the task's attempts failed like those before it. The task is buried and its journal is kept.",
    remedy: "Read the `task.retry` events for the reason, mend it, and replay the task from the step that failed.",
  },
  PROVIDER_AUTH: {
    cause: "The model provider refused the configured key.",
    remedy: "The operator checks the provider's key and base URL, then the task is replayed.",
  },
  PROVIDER_BUDGET: {
    cause: "The model provider reports that a spending limit is reached; waiting does not help.",
    remedy: "Raise the limit with the provider, or configure another one, then replay the task.",
  },
  PROVIDER_UNAVAILABLE: {
    cause: "Every model the task may use stayed unavailable.",
    remedy: "Look at the provider's status, widen `MODEL_FALLBACK_CHAIN`, and replay the task.",
  },
  CONTEXT_TOO_LONG: {
    cause: "Input, history and tool results together are longer than the model takes.",
    remedy: "Send a shorter input, let tools return less, or use a tier with a larger context.",
  },
  INPUT_BLOCKED: {
    cause:
      "The input holds what the pack refuses: personal data or a secret (`guardrails.input.pii_detection`), or content of a category (`content_filter`).",
    remedy: "The message and the task's `guard.checked` event name what was found; send the input without it.",
  },
  OUTPUT_BLOCKED: {
    cause:
      "The answer does not pass the pack's output guardrails (`schema`, `source_citation_required`, `output.judge`, or a person), also when it was asked for once more; or its judge gave no judgement.",
    remedy:
      "The message and the `guard.checked` events say what was wrong. Replay the task, ask more plainly, or use a better model; the offline one writes no JSON and judges nothing.",
  },
  OUTPUT_TOO_LONG: {
    cause: "The answer has more characters than the pack's `guardrails.output.max_length`.",
    remedy: "Ask for a shorter answer, or raise the limit in the pack.",
  },
  STORAGE_LIMIT: {
    cause: "The task's journal is full, or one record is larger than it takes.",
    remedy: "Let tools return less and write smaller files; split the work over several tasks.",
  },
  BUDGET_EXHAUSTED: {
    cause: "The next model call could have cost more than the task has left, so it was not made.",
    remedy: "Raise `tools.tool_policies.cost_limit_per_task` in the pack, or use a cheaper tier.",
  },
  PACK_NOT_FOUND: REQUEST_ADVICE.PACK_NOT_FOUND,
  PACK_REVOKED: {
    cause: "The pack's version was withdrawn for its safety while the task ran.",
    remedy: "Run a newer version.",
  },
} as const satisfies Record<TaskErrorCode, Advice>;

export const TOOL_ADVICE = {
  TOOL_DENIED: {
    cause: "The pack denies the tool, the current step of a procedure names another one, or a policy refused the call.",
    remedy: "Remove the tool from `tools.denied`, or from the step, if the agent should have it.",
  },
  TOOL_UNKNOWN: {
    cause: "The model called a tool that the pack does not offer, or that is not implemented.",
    remedy: "List the tool in `tools.available`; `vasini pack validate` warns of tools that are not implemented.",
  },
  TOOL_ARGUMENTS: {
    cause: "The arguments are not what the tool's parameters ask for. The model is told and may call again.",
    remedy: "If it happens often, describe the parameters better in the pack.",
  },
  TOOL_TIMEOUT: {
    cause:
      "The call ran longer than the tool's `sandbox.timeout` and was ended, or a procedure's step took longer than its " +
      "`timeout`, and the call was not made.",
    remedy: "Raise the timeout in the pack, or let the tool or the step do less.",
  },
  TOOL_LIMIT: {
    cause: "The task used up `max_calls_per_task`, or the result is larger than a result may be.",
    remedy: "Raise the limit in the pack, or let the tool return less.",
  },
  EGRESS_DENIED: {
    cause: "The tool asked for a host that its sandbox does not allow.",
    remedy: "Name the host in the tool's `egress_allowlist` if it should be reached.",
  },
  PATH_DENIED: {
    cause: "The path is outside the tool's `scoped_paths`, or leaves the workspace.",
    remedy: "Use a path inside the scope, or widen it in the pack.",
  },
  APPROVAL_REJECTED: {
    cause: "A person refused the call.",
    remedy: "Their reason is in the task's events.",
  },
  APPROVAL_EXPIRED: {
    cause: "Nobody decided before the approval expired.",
    remedy: "Replay the task, or raise `guardrails.behavioral.approval_ttl`.",
  },
  TOOL_FAILED: {
    cause: "The tool itself failed; the message says how.",
    remedy: "Mend what the message names. The model was told and went on.",
  },
} as const satisfies Record<ToolErrorCode, Advice>;

const section = (code: string, facts: string, { cause, remedy }: Advice): string =>
  `### ${code}\n\n${facts}\n\nWhy: ${cause}\n\nWhat to do: ${remedy}\n`;

const requestSection = (code: ErrorCode): string => {
  const { http, connect, retry, title } = ERRORS[code];
  const again = retry === "backoff" ? "The same request may pass later." : "The same request fails again.";
  return section(code, `${title}. HTTP ${http}, Connect \`${connect}\`. ${again}`, REQUEST_ADVICE[code]);
};

const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>): K[] => Object.keys(table) as K[]; // own keys of a literal

const requestSections = (): string[] => keysOf(ERRORS).map(requestSection);
const taskSections = (): string[] =>
  keysOf(TASK_ADVICE).map((code) => section(code, "A task ended with it.", TASK_ADVICE[code]));
const toolSections = (): string[] =>
  keysOf(TOOL_ADVICE).map((code) => section(code, "A tool call ended with it; the task goes on.", TOOL_ADVICE[code]));

/** Every code; the text of `docs/errors.md`. */
export const errorsPage = (): string =>
  [
    "# Errors\n",
    "Every error a client can be given, by its `code`. REST answers are `application/problem+json` (RFC 9457) with `code`,",
    "`message`, `trace_id` and, where it is known, `tenant_id`; RPC errors are Connect errors with the code in their details.",
    "Quote the `trace_id` when you ask for help: it finds the request in the log.\n",
    "## Requests\n",
    requestSections().join("\n"),
    "## Tasks\n",
    "`error.code` of a task that ended `failed` or `dead_letter`.\n",
    taskSections().join("\n"),
    "## Tools\n",
    "`error.code` of a `tool.result` event. The model reads it too.\n",
    toolSections().join("\n"),
  ].join("\n");

/** The sections of one code, or null when there is no such code. */
export function errorPage(code: string): string | null {
  const isWanted = (text: string): boolean => text.startsWith(`### ${code}\n`);
  const sections = [...requestSections(), ...taskSections(), ...toolSections()].filter(isWanted);
  return sections.length === 0 ? null : sections.join("\n");
}
