/** W3C trace context: reading, continuing and writing `traceparent`. Spans themselves belong to the meter. */
import { toHex } from "./bytes.ts";

export type TraceContext = {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the span that is the parent of whatever comes next. */
  readonly spanId: string;
  /** Two hexadecimal digits; bit 0 says "sampled". */
  readonly flags: string;
};

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** Undefined for anything the specification calls invalid; the caller then starts a trace of its own. */
export function parseTraceparent(header: string | null | undefined): TraceContext | undefined {
  const match = TRACEPARENT.exec(header?.trim() ?? "");
  const [, traceId, spanId, flags] = match ?? [];
  if (!traceId || !spanId || !flags || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags };
}

const randomHex = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)));

/** The same trace with a span id of its own, or a new sampled trace. */
export const childTrace = (parent?: TraceContext): TraceContext => ({
  traceId: parent?.traceId ?? randomHex(16),
  spanId: randomHex(8),
  flags: parent?.flags ?? "01",
});

export const formatTraceparent = (trace: TraceContext): string => `00-${trace.traceId}-${trace.spanId}-${trace.flags}`;
