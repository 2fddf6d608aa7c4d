/** What the log says of a run's calls: each failure at once, and what all calls of a tool came to when the run is over. */
import { describe, expect, it } from "vitest";
import { createLog } from "../../src/platform/index.ts";
import { CallLog } from "../../src/tool/call-log.ts";
import type { ToolOutcome } from "../../src/tool/index.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const place = { tenant_id: "tenant-123", task_id: "task-1", trace_id: TRACE };

const requestOf = (toolId: string) => ({
  ...{ tenant: "tenant-123", taskId: "task-1", toolId, arguments: { path: "asked" }, key: "key-1", files: () => [] },
  traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
});
const outcomeOf = (more: Partial<ToolOutcome>): ToolOutcome => ({
  ...{ success: true, resultJson: '"answered"', error: null, changes: [], durationMs: 10 },
  ...more,
});

function logged() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({}, (_, line) => void lines.push(JSON.parse(line)));
  return { lines, calls: new CallLog(log, { nameOf: (id) => `Name of ${id}` }) };
}

describe("the calls of a run in the log", () => {
  it("are a line for each tool once the run is over, with what they came to together", () => {
    const { lines, calls } = logged();
    const egress = { host: "api.example.com", method: "GET", sent_bytes: 1, received_bytes: 1 };
    const file = { kind: "put", path: "/workspace/a", text: "é" } as const;
    calls.add(requestOf("a"), outcomeOf({ durationMs: 30, changes: [file] }));
    calls.add(requestOf("b"), outcomeOf({ resultJson: '"é"' }));
    const requests = [true, false].map((allowed) => ({ ...egress, allowed }));
    calls.add(requestOf("a"), outcomeOf({ durationMs: 20, egress: requests }));
    expect(lines).toEqual([]);
    calls.close();
    const common = { level: "info", event: "tool.called", ...place };
    const a = { calls: 2, failed: 0, duration_ms: 50, duration_max_ms: 30, result_bytes: 20, files_changed: 1 };
    const b = { calls: 1, failed: 0, duration_ms: 10, duration_max_ms: 10, result_bytes: 4, files_changed: 0 };
    expect(lines).toEqual([
      { ...common, tool_id: "a", tool_name: "Name of a", ...a, egress_requests: 2, egress_denied: 1 },
      { ...common, tool_id: "b", tool_name: "Name of b", ...b, egress_requests: 0, egress_denied: 0 },
    ]);
  });

  it("have a line at once for one that failed, with its code and without its words", () => {
    const { lines, calls } = logged();
    const error = { code: "TOOL_FAILED", message: "the card was declined" } as const;
    calls.add(requestOf("a"), outcomeOf({ success: false, resultJson: "null", error }));
    const facts = { level: "info", event: "tool.failed", ...place, tool_id: "a", tool_name: "Name of a" };
    expect(lines).toEqual([{ ...facts, error_code: "TOOL_FAILED", duration_ms: 10 }]);
    calls.close();
    expect(lines[1]).toMatchObject({ event: "tool.called", calls: 1, failed: 1 });
  });

  it("are told once, and those after an end by themselves", () => {
    const { lines, calls } = logged();
    calls.add(requestOf("a"), outcomeOf({}));
    calls.close();
    calls.close();
    calls.add(requestOf("a"), outcomeOf({}));
    calls.close();
    expect(lines.map(({ event, calls }) => [event, calls])).toEqual([
      ["tool.called", 1],
      ["tool.called", 1],
    ]);
  });
});
