/** The event of a call's result, whoever gave it: its tool, the runtime, or a person. Pure. */
import type { NewEvent } from "../journal/frames.ts";
import { type CallResult, callIdOf } from "../journal/history.ts";

export const toolResultEvent = (record: CallResult, toolId: string): NewEvent => ({
  type: "tool.result",
  data: {
    call_id: callIdOf(record.step, record.index),
    tool_id: toolId,
    success: record.success,
    ...(record.error === null ? { result: JSON.parse(record.resultJson) } : { error: record.error }),
    duration_ms: record.durationMs,
    // What the call asked of the network stands beside its result, in the record as in the event.
    ...(record.egress === undefined ? {} : { egress: record.egress }),
    ...(record.console === undefined ? {} : { console: record.console }),
  },
});
