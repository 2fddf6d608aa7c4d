/** Which trace a request belongs to. `trace_id` is what people quote; `traceparent` is carried beside it on its own. */
import { childTrace, formatTraceparent, parseTraceId, parseTraceparent, type TraceId } from "../platform/index.ts";

export type Correlation = { readonly traceId: TraceId; readonly traceparent: string };

/**
 * The request's `X-Request-ID` (for RPC metadata also `trace_id`) when valid, else the trace id of `traceparent`,
 * else a new one. The traceparent that goes on is a child of the one that came.
 */
export function correlate(headers: Headers): Correlation {
  const trace = childTrace(parseTraceparent(headers.get("traceparent")));
  const named = parseTraceId(headers.get("x-request-id")) ?? parseTraceId(headers.get("trace_id"));
  const traceId = named ?? parseTraceId(trace.traceId);
  if (traceId === undefined) throw new TypeError("a trace id is 32 hexadecimal digits");
  return { traceId, traceparent: formatTraceparent(trace) };
}
