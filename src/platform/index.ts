/** The floor every room stands on. Knows no room. */

export { assert, unreachable } from "./assert.ts";
export {
  canonicalJson,
  fromBase64,
  isSameJson,
  lengthPrefixed,
  readText,
  sha256,
  sha256Hex,
  toBase64,
  toHex,
  utf8,
  utf8Length,
} from "./bytes.ts";
export { Canceller, type CancelSignal, toAbortSignal } from "./cancel.ts";
export { type Clock, type Random, systemClock, systemRandom, toRfc3339 } from "./clock.ts";
export {
  createDb,
  type Db,
  type DbFailure,
  type DbOptions,
  type DbResult,
  type DbStatus,
  INTEGER_MAX,
  isRowFault,
  readTimestamp,
  type SqlParam,
  type SqlRow,
  type SqlRows,
  type SqlStatement,
} from "./db.ts";
export { checkEgressUrl, type EgressReason, type EgressRefusal, type EgressRules } from "./egress.ts";
export { AppError, type ConnectCode, ERRORS, type ErrorCode, type ErrorItem } from "./errors.ts";
export {
  deriveAgentId,
  deriveChildTaskId,
  deriveTaskId,
  type IdempotencyKey,
  newTraceId,
  newWebhookId,
  type PackId,
  parseIdempotencyKey,
  parsePackId,
  parseSessionId,
  parseTaskId,
  parseTenantId,
  parseTraceId,
  parseWebhookId,
  type SessionId,
  type TaskId,
  type TenantId,
  type TraceId,
  taskObjectName,
  type WebhookId,
} from "./ids.ts";
export { createLog, describeError, type Log, type LogContext, type LogFacts } from "./log.ts";
export { once } from "./once.ts";
export { formatMicros, parseDuration, parseMemorySize, parseMoney, type QuantityError } from "./quantity.ts";
export { err, ok, type Result } from "./result.ts";
export { createSeal, type Seal, type SealFailure, type SealScope } from "./seal.ts";
export { isDeeperThan, isRecord, listOf } from "./shape.ts";
export { SharedTimer } from "./shared-timer.ts";
export { childTrace, formatTraceparent, parseTraceparent, type TraceContext } from "./trace.ts";
export { within } from "./within.ts";
