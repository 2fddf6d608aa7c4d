/** AppError -> Connect error. The code of the table travels in the details, as `google.protobuf.Struct`. */
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { StructSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { type AppError, type ConnectCode, ERRORS } from "../platform/index.ts";
import { RPC_METADATA } from "./cors.ts";
import { toAppError } from "./problem.ts";
import { RateLimited } from "./rate-limiter.ts";
import type { Scope } from "./route.ts";

const CODES = {
  invalid_argument: Code.InvalidArgument,
  unauthenticated: Code.Unauthenticated,
  permission_denied: Code.PermissionDenied,
  not_found: Code.NotFound,
  already_exists: Code.AlreadyExists,
  failed_precondition: Code.FailedPrecondition,
  aborted: Code.Aborted,
  resource_exhausted: Code.ResourceExhausted,
  unimplemented: Code.Unimplemented,
  internal: Code.Internal,
  unavailable: Code.Unavailable,
} as const satisfies Record<ConnectCode, Code>;

function toConnectError(error: AppError): ConnectError {
  const errors = error.errors.map((item) => ({ ...item }));
  const value: JsonObject = { code: error.code, ...(errors.length === 0 ? {} : { errors }) };
  return new ConnectError(error.message, CODES[ERRORS[error.code].connect], undefined, [
    { desc: StructSchema, value: fromJson(StructSchema, value) },
  ]);
}

/** What a handler throws: the call's own end (deadline, disconnect) as it is, everything else through the table. */
export function toWireError(scope: Scope, context: HandlerContext, thrown: unknown): ConnectError {
  // Clients show an error's headers and trailers as one set, where a value sent in both would read "a, a".
  for (const name of RPC_METADATA) context.responseTrailer.delete(name);
  if (thrown instanceof ConnectError) return thrown;
  if (context.signal.aborted) return ConnectError.from(context.signal.reason, Code.Canceled);
  const error = toAppError(thrown, scope.log);
  scope.refusal = error.code;
  if (error instanceof RateLimited) scope.rate = error.verdict;
  return toConnectError(error);
}
