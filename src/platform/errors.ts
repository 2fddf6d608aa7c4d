/**
 * Every error a client can be given, in one table: code -> HTTP status, Connect code, whether trying again helps,
 * and a fixed sentence. Facts about one case (which field, which limit) travel in `detail` and `errors`.
 * `docs/errors.md` has a section per code, held to this table by a test.
 */

type Row = {
  readonly http: number;
  /** Name of the Connect code, as on the wire. @see https://connectrpc.com/docs/protocol#error-codes */
  readonly connect: ConnectCode;
  /** never: the same request fails again. backoff: later it may pass. */
  readonly retry: "never" | "backoff";
  readonly title: string;
};

export type ConnectCode =
  | "invalid_argument"
  | "unauthenticated"
  | "permission_denied"
  | "not_found"
  | "already_exists"
  | "failed_precondition"
  | "aborted"
  | "resource_exhausted"
  | "unimplemented"
  | "internal"
  | "unavailable";

export const ERRORS = {
  MISSING_TENANT: { http: 400, connect: "invalid_argument", retry: "never", title: "X-Tenant-ID header is required" },
  MISSING_INPUT: { http: 400, connect: "invalid_argument", retry: "never", title: "input is required" },
  MISSING_IDEMPOTENCY_KEY: {
    http: 400,
    connect: "invalid_argument",
    retry: "never",
    title: "X-Idempotency-Key header is required",
  },
  INVALID_REQUEST: { http: 400, connect: "invalid_argument", retry: "never", title: "The request is not valid" },
  INPUT_TOO_LONG: { http: 400, connect: "invalid_argument", retry: "never", title: "The input is too long" },
  UNAUTHENTICATED: { http: 401, connect: "unauthenticated", retry: "never", title: "A valid credential is required" },
  TENANT_MISMATCH: {
    http: 403,
    connect: "permission_denied",
    retry: "never",
    title: "The credential does not act for this tenant",
  },
  FORBIDDEN: { http: 403, connect: "permission_denied", retry: "never", title: "Not allowed" },
  MODEL_NOT_ALLOWED: {
    http: 403,
    connect: "permission_denied",
    retry: "never",
    title: "This tenant may not use this model tier",
  },
  TASK_NOT_FOUND: { http: 404, connect: "not_found", retry: "never", title: "No such task" },
  PACK_NOT_FOUND: { http: 404, connect: "not_found", retry: "never", title: "No such pack" },
  NOT_FOUND: { http: 404, connect: "not_found", retry: "never", title: "Nothing is here" },
  METHOD_NOT_ALLOWED: { http: 405, connect: "unimplemented", retry: "never", title: "Method not allowed" },
  REQUEST_TIMEOUT: { http: 408, connect: "aborted", retry: "backoff", title: "The request took too long to arrive" },
  ALREADY_TERMINAL: {
    http: 409,
    connect: "failed_precondition",
    retry: "never",
    title: "The task has already ended",
  },
  DECISION_INVALID: {
    http: 409,
    connect: "failed_precondition",
    retry: "never",
    title: "This decision does not answer what is asked",
  },
  APPROVAL_EXPIRED: { http: 409, connect: "failed_precondition", retry: "never", title: "The approval has expired" },
  APPROVAL_ALREADY_DECIDED: {
    http: 409,
    connect: "failed_precondition",
    retry: "never",
    title: "The approval was decided before",
  },
  APPROVAL_ARGS_CHANGED: {
    http: 409,
    connect: "failed_precondition",
    retry: "never",
    title: "The approval is for other arguments",
  },
  APPROVAL_SELF: {
    http: 409,
    connect: "failed_precondition",
    retry: "never",
    title: "Whoever started the task may not decide",
  },
  APPROVAL_USED: { http: 409, connect: "failed_precondition", retry: "never", title: "The approval was used before" },
  VERSION_EXISTS: {
    http: 409,
    connect: "already_exists",
    retry: "never",
    title: "This version is published with other content",
  },
  TENANT_EXISTS: { http: 409, connect: "already_exists", retry: "never", title: "This tenant exists already" },
  KEY_LIMIT_REACHED: {
    http: 409,
    connect: "failed_precondition",
    retry: "never",
    title: "The tenant has as many keys as it may",
  },
  WEBHOOK_LIMIT_REACHED: {
    http: 409,
    connect: "failed_precondition",
    retry: "never",
    title: "The tenant has as many webhooks as it may",
  },
  SECRET_LIMIT_REACHED: {
    http: 409,
    connect: "failed_precondition",
    retry: "never",
    title: "The tenant has as many secrets as it may",
  },
  TOO_LARGE: { http: 413, connect: "resource_exhausted", retry: "never", title: "The request is too large" },
  UNSUPPORTED_MEDIA_TYPE: {
    http: 415,
    connect: "invalid_argument",
    retry: "never",
    title: "The body must be application/json",
  },
  MISDIRECTED_REQUEST: {
    http: 421,
    connect: "invalid_argument",
    retry: "never",
    title: "This host name is not served here",
  },
  IDEMPOTENCY_KEY_REUSED: {
    http: 422,
    connect: "invalid_argument",
    retry: "never",
    title: "This idempotency key was used with another request",
  },
  PACK_INVALID: { http: 422, connect: "invalid_argument", retry: "never", title: "The pack is not valid" },
  POLICY_INVALID: { http: 422, connect: "invalid_argument", retry: "never", title: "The policy is not valid" },
  RATE_LIMITED: { http: 429, connect: "resource_exhausted", retry: "backoff", title: "Too many requests" },
  HEADERS_TOO_LARGE: { http: 431, connect: "resource_exhausted", retry: "never", title: "The headers are too large" },
  INTERNAL: { http: 500, connect: "internal", retry: "backoff", title: "Something went wrong on our side" },
  UNAVAILABLE: { http: 503, connect: "unavailable", retry: "backoff", title: "Temporarily unavailable" },
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof ERRORS;

/** One fault in a body or a pack: where it is, what is wrong, what to do. */
export type ErrorItem = {
  /** JSON pointer (RFC 6901) into the body, or into the named file. */
  readonly pointer: string;
  readonly message: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  readonly found?: string;
  readonly expected?: string;
};

/** A request that ends here, on purpose. The door turns it into problem+json or a Connect error. */
export class AppError extends Error {
  override name = "AppError";
  readonly code: ErrorCode;
  readonly errors: readonly ErrorItem[];

  /** @param detail a sentence for the client: what was wrong and what to do. Defaults to the code's title. */
  constructor(code: ErrorCode, detail?: string, options: { cause?: unknown; errors?: readonly ErrorItem[] } = {}) {
    super(detail ?? ERRORS[code].title, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
  }
}
