/**
 * Anything thrown behind the doors -> what the client sees. An AppError is meant for it; anything else is a fault of
 * ours: it goes to the log under the trace id, and the client learns only that.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
import { AppError, describeError, ERRORS, type Log } from "../platform/index.ts";
import { RETRY_AFTER_SECONDS } from "./limits.ts";

export type ProblemContext = {
  readonly traceId: string;
  readonly tenant: string | null;
  /** The path of the request, without its query. */
  readonly instance: string;
};

/** The AppError that stands for `thrown`; logs what the client must not see. */
export function toAppError(thrown: unknown, log: Log): AppError {
  if (thrown instanceof AppError) {
    if (ERRORS[thrown.code].http >= 500) {
      log.error("request.failed", { code: thrown.code, error: describeError(thrown.cause ?? thrown) });
    }
    return thrown;
  }
  log.error("request.failed", { code: "INTERNAL", error: describeError(thrown) });
  return new AppError("INTERNAL", undefined, { cause: thrown });
}

/** Where a code is explained; served by this Worker. */
export const problemType = (code: string): string => `/docs/errors/${code}`;

/** Headers a status calls for, whichever room threw. */
export function problemHeaders(error: AppError): Record<string, string> {
  const { http } = ERRORS[error.code];
  if (http === 503 || http === 429) return { "retry-after": String(RETRY_AFTER_SECONDS) };
  return http === 401 ? { "www-authenticate": "Bearer" } : {};
}

export function problemBody(error: AppError, context: ProblemContext): Record<string, unknown> {
  const row = ERRORS[error.code];
  return {
    type: problemType(error.code),
    title: row.title,
    status: row.http,
    detail: error.message,
    instance: context.instance,
    code: error.code,
    message: error.message,
    trace_id: context.traceId,
    ...(context.tenant === null ? {} : { tenant_id: context.tenant }),
    retryable: row.retry === "backoff",
    ...(error.errors.length === 0 ? {} : { errors: error.errors }),
  };
}

/** @param extra members and headers that only one route knows. */
export function problemResponse(
  error: AppError,
  context: ProblemContext,
  extra: { readonly members?: Record<string, unknown>; readonly headers?: Record<string, string> } = {},
): Response {
  return new Response(`${JSON.stringify({ ...problemBody(error, context), ...extra.members })}\n`, {
    status: ERRORS[error.code].http,
    headers: { "content-type": "application/problem+json", ...problemHeaders(error), ...extra.headers },
  });
}
