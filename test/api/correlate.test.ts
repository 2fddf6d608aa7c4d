/** Which trace a request belongs to. */
import { describe, expect, it } from "vitest";
import { correlate } from "../../src/api/correlate.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

const of = (headers: Record<string, string>) => correlate(new Headers(headers));

describe("correlate", () => {
  it("keeps a valid X-Request-ID", () => {
    expect(of({ "x-request-id": "trace-abc-123" }).traceId).toBe("trace-abc-123");
  });

  it("takes the metadata trace_id when there is no X-Request-ID", () => {
    expect(of({ trace_id: "trace-xyz-789" }).traceId).toBe("trace-xyz-789");
    expect(of({ trace_id: "second", "x-request-id": "first" }).traceId).toBe("first");
  });

  it("takes the trace of traceparent when no id is given, and carries it on under a span of its own", () => {
    const { traceId, traceparent } = of({ traceparent: PARENT });
    expect(traceId).toBe(TRACE);
    expect(traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(traceparent).not.toBe(PARENT);
  });

  it("keeps both when both are given", () => {
    const { traceId, traceparent } = of({ "x-request-id": "mine", traceparent: PARENT });
    expect(traceId).toBe("mine");
    expect(traceparent).toContain(TRACE);
  });

  const invalid: [string, Record<string, string>][] = [
    ["an id of 65 characters", { "x-request-id": "a".repeat(65) }],
    ["an id with a space", { "x-request-id": "a b" }],
    ["an empty id", { "x-request-id": "" }],
    ["a malformed traceparent", { traceparent: "00-xyz" }],
    ["a traceparent of zeros", { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` }],
    ["nothing", {}],
  ];
  it.each(invalid)("replaces %s by a new id of 32 hexadecimal digits", (_name, headers) => {
    const { traceId, traceparent } = of(headers);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traceparent).toContain(traceId);
  });
});
