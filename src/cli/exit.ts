/**
 * Exit codes, and the one error class of the command line: what went wrong, what to do, and how the process ends.
 * No other file knows a number.
 */

export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  /** An approval was declined or has expired. */
  declined: 3,
  auth: 4,
  /** The run ended, but not `done`. */
  notDone: 5,
  waiting: 6,
  /** Rate limit or budget. */
  limited: 7,
  stillRunning: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Codes of failures that happen on this side of the wire, with their hint. */
const OWN = {
  USAGE: "Run the command with --help to see its arguments.",
  UNREACHABLE: "Start the server with `npm start`, or set VASINI_URL to where it runs; `vasini doctor` checks both.",
  TIMEOUT: "Try again; `vasini doctor` shows whether the server is healthy.",
  BAD_ANSWER: "Check that VASINI_URL points at a Vasini server; `vasini doctor` does so.",
  INTERRUPTED: "The task goes on without this command.",
  CONNECTION_LOST: "The task goes on; take the stream up again with `vasini tasks watch`.",
  PACK_INVALID: "Mend the places listed, then run `vasini pack validate` again.",
  PACK_NOT_READABLE: "Name a folder that holds profession-pack.yaml, or create one with `vasini pack init`.",
  TESTS_FAILED: "Each wrong case says what came of it; mend the tool or the case.",
  FILE_EXISTS: "Choose another name or remove what is there first.",
  POLICY_INVALID: "Mend what the compiler says; docs/policy.md describes what a policy is given and gives.",
  POLICY_COMPILER_MISSING: "Install opa (https://www.openpolicyagent.org) or Go, or name a compiled policy (.wasm).",
  AUDIT_BROKEN: "Export it again; if it says the same, the log itself was changed.",
  UNHEALTHY: "Each failed check names its fix.",
  INTERNAL_CLI: "This is a fault of the command itself: please report it with the message.",
} as const;

export type OwnCode = keyof typeof OWN;

/** What to do about codes that come from the server. A code that is absent here has nothing better than its message. */
const SERVER_HINTS: Readonly<Record<string, string>> = {
  MISSING_TENANT: "Set VASINI_TENANT to the tenant to act for.",
  MISSING_IDEMPOTENCY_KEY: "Pass --key, or leave it out and one is made.",
  UNAUTHENTICATED: "Set VASINI_API_KEY to a valid key of this server.",
  TENANT_MISMATCH: "Set VASINI_TENANT to a tenant of this key.",
  FORBIDDEN: "Use a key whose roles allow this.",
  MODEL_NOT_ALLOWED: "Choose another --tier; the operator decides which ones a tenant may use.",
  TASK_NOT_FOUND: "List the tenant's tasks with `vasini tasks ls`.",
  PACK_NOT_FOUND: "Publish the pack with `vasini pack publish`, or check its name.",
  ALREADY_TERMINAL: "Nothing is left to cancel; see `vasini tasks get`.",
  DECISION_INVALID:
    "See what is asked with `vasini approvals show`; an unknown outcome takes `vasini approvals resolve`.",
  APPROVAL_EXPIRED: "The task went on without the call; `vasini tasks replay` asks again.",
  APPROVAL_ALREADY_DECIDED: "See the decision with `vasini approvals show`.",
  APPROVAL_ARGS_CHANGED: "Look at the arguments once more and decide again.",
  APPROVAL_SELF: "Somebody else has to decide, with a key of their own.",
  APPROVAL_USED: "See the call's result with `vasini tasks watch`.",
  VERSION_EXISTS: "Raise `version` in profession-pack.yaml and publish again.",
  INPUT_TOO_LONG: "Shorten the input, or raise guardrails.input.max_length in the pack.",
  TENANT_EXISTS: "Go on with the tenant there is, or take another id.",
  KEY_LIMIT_REACHED: "Revoke keys that nobody uses; `vasini keys ls` shows when each was last used.",
  WEBHOOK_LIMIT_REACHED: "Remove one with `vasini webhooks rm`; `vasini webhooks ls` shows which are disabled.",
  IDEMPOTENCY_KEY_REUSED: "Use another --key for another request.",
  RATE_LIMITED: "Wait as long as the message says and try again.",
  BUDGET_EXHAUSTED: "Raise the budget, or wait for the next period.",
  PACK_INVALID: "Run `vasini pack validate` to see every place.",
  POLICY_INVALID: "docs/policy.md says what a policy is given and gives.",
  UNAVAILABLE: "Try again in a moment; `vasini doctor` shows what is missing.",
};

export type Failure = {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly docs: string;
  readonly trace_id: string | null;
};

/** Ends a command. Thrown anywhere below `main`, which prints it and exits with `exitCode`. */
export class CliError extends Error {
  override name = "CliError";
  readonly failure: Failure;
  readonly exitCode: ExitCode;
  /** Members beside `error` in the JSON document, such as the problems of a pack. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(failure: Failure, exitCode: ExitCode, extra: Readonly<Record<string, unknown>> = {}) {
    super(failure.message);
    this.failure = failure;
    this.exitCode = exitCode;
    this.extra = extra;
  }
}

const OWN_EXIT: Partial<Record<OwnCode, ExitCode>> = { USAGE: EXIT.usage, INTERRUPTED: EXIT.interrupted };

/** A failure of this side. `hint` replaces the code's own when a better one is known; null: there is nothing to do. */
export function ownError(
  code: OwnCode,
  message: string,
  options: { readonly hint?: string | null; readonly extra?: Readonly<Record<string, unknown>> } = {},
): CliError {
  const failure = {
    code,
    message,
    hint: options.hint === undefined ? OWN[code] : options.hint,
    docs: "docs/cli.md",
    trace_id: null,
  };
  return new CliError(failure, OWN_EXIT[code] ?? EXIT.error, options.extra);
}

/** A failure the server answered with. */
export function serverError(
  answer: { readonly status: number; readonly code: string; readonly message: string; readonly traceId: string | null },
  extra: Readonly<Record<string, unknown>> = {},
): CliError {
  const failure: Failure = {
    code: answer.code,
    message: answer.message,
    hint: SERVER_HINTS[answer.code] ?? null,
    docs: `docs/errors.md#${answer.code.toLowerCase()}`,
    trace_id: answer.traceId,
  };
  return new CliError(failure, exitOf(answer.status, answer.code), extra);
}

function exitOf(status: number, code: string): ExitCode {
  if (code === "APPROVAL_EXPIRED" || code === "APPROVAL_REJECTED") return EXIT.declined;
  if (status === 401 || status === 403) return EXIT.auth;
  if (status === 429) return EXIT.limited;
  return EXIT.error;
}

/** How the exit code tells the state of a task; `null` for a state this version does not know. */
export function exitOfState(state: string): ExitCode {
  switch (state) {
    case "done":
      return EXIT.ok;
    case "failed":
    case "cancelled":
    case "dead_letter":
      return EXIT.notDone;
    case "waiting":
      return EXIT.waiting;
    default:
      return EXIT.stillRunning;
  }
}
