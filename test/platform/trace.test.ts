/** W3C trace context: what is continued, what starts anew. Cases from the specification's own list of invalid headers. */
import { describe, expect, it } from "vitest";
import { childTrace, formatTraceparent, parseTraceparent } from "../../src/platform/index.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

describe("traceparent", () => {
  it("is read and written back", () => {
    const header = `00-${TRACE}-${SPAN}-01`;
    const trace = parseTraceparent(header);
    expect(trace).toEqual({ traceId: TRACE, spanId: SPAN, flags: "01" });
    expect(trace && formatTraceparent(trace)).toBe(header);
  });

  it("of a later version is read as far as it is known", () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01-more`)?.traceId).toBe(TRACE);
  });

  for (const [name, header] of [
    ["is absent", null],
    ["is empty", ""],
    ["has an all-zero trace", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["has an all-zero span", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["has version ff", `ff-${TRACE}-${SPAN}-01`],
    ["is in upper case", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["is too short", `00-${TRACE.slice(1)}-${SPAN}-01`],
  ] as const) {
    it(`is ignored when it ${name}`, () => expect(parseTraceparent(header)).toBeUndefined());
  }

  it("is continued by a span of its own in the same trace", () => {
    const child = childTrace({ traceId: TRACE, spanId: SPAN, flags: "00" });
    expect(child).toMatchObject({ traceId: TRACE, flags: "00" });
    expect(child.spanId).toMatch(/^(?!b7ad6b7169203331)[0-9a-f]{16}$/);
  });

  it("starts a sampled trace when there is no parent", () => {
    expect(formatTraceparent(childTrace())).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});
