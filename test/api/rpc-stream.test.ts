/** Events as RunAgent's messages, one by one; the whole stream is in rpc.worker.test.ts. */
import { describe, expect, it } from "vitest";
import { toMessage } from "../../src/api/rpc-stream.ts";
import type { TaskEvent } from "../../src/task/index.ts";

const event = (type: string, data: TaskEvent["data"]): TaskEvent => ({
  seq: 7,
  type,
  at: "2026-01-02T03:04:05.000Z",
  data,
});

const CASES: [string, TaskEvent, unknown][] = [
  ["text", event("text.delta", { step: 0, text: "Hi" }), { case: "textChunk", value: "Hi" }],
  ["a reset", event("text.reset", { step: 3 }), { case: "textReset", value: { step: 3 } }],
  [
    "a call",
    event("tool.call", { call_id: "0.0", tool_id: "file_manager", tool_name: "Files", arguments: { action: "list" } }),
    {
      case: "toolCall",
      value: { callId: "0.0", toolId: "file_manager", toolName: "Files", argumentsJson: '{"action":"list"}' },
    },
  ],
  [
    "a result",
    event("tool.result", {
      call_id: "0.0",
      tool_id: "file_manager",
      success: true,
      result: { entries: [] },
      duration_ms: 3,
    }),
    {
      case: "toolResult",
      value: { callId: "0.0", toolId: "file_manager", success: true, resultJson: '{"entries":[]}', error: "" },
    },
  ],
  [
    "a failed result",
    event("tool.result", {
      call_id: "0.1",
      tool_id: "nope",
      success: false,
      error: { code: "TOOL_UNKNOWN", message: "no such tool" },
    }),
    {
      case: "toolResult",
      value: { callId: "0.1", toolId: "nope", success: false, resultJson: "", error: "TOOL_UNKNOWN: no such tool" },
    },
  ],
];

describe("toMessage", () => {
  it.each(CASES)("shows %s", (_name, given, payload) => {
    expect(toMessage(given)).toEqual({ sequence: 7n, payload });
  });

  it.each(["task.queued", "task.started", "step.started", "task.done", "something.new"])("passes over %s", (type) => {
    expect(toMessage(event(type, {}))).toBeNull();
  });
});
