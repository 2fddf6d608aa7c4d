/**
 * The calls of one run in the log: a line for each tool once the run is over, and one at once for a call that failed. A line for
 * each call would be most of what a run writes, at a price for each, and say what the audit log and the task's events say anyway.
 */
import { type Log, type LogFacts, parseTraceparent, utf8Length } from "../platform/index.ts";
import type { ToolCallRequest, ToolCatalog, ToolOutcome } from "./types.ts";

type Sums = {
  calls: number;
  failed: number;
  /** Of all calls together, and of the slowest. */
  duration_ms: number;
  duration_max_ms: number;
  result_bytes: number;
  files_changed: number;
  egress_requests: number;
  egress_denied: number;
};

type Entry = { readonly facts: LogFacts; readonly sums: Sums };

export class CallLog {
  readonly #log: Log;
  readonly #catalog: Pick<ToolCatalog, "nameOf">;
  /** By tool; as many as the run has called, whose calls have a limit. */
  readonly #entries = new Map<string, Entry>();

  constructor(log: Log, catalog: Pick<ToolCatalog, "nameOf">) {
    this.#log = log;
    this.#catalog = catalog;
  }

  /** What was asked and answered is not logged: it is the user's. */
  add(request: ToolCallRequest, outcome: ToolOutcome): void {
    const entry = this.#entries.get(request.toolId) ?? { facts: this.#factsOf(request), sums: noCalls() };
    this.#entries.set(request.toolId, entry);
    addTo(entry.sums, outcome);
    if (!outcome.success) {
      const { error, durationMs } = outcome;
      this.#log.info("tool.failed", { ...entry.facts, error_code: error?.code, duration_ms: durationMs });
    }
  }

  close(): void {
    for (const { facts, sums } of this.#entries.values()) this.#log.info("tool.called", { ...facts, ...sums });
    this.#entries.clear();
  }

  #factsOf({ tenant, taskId, toolId, traceparent }: ToolCallRequest): LogFacts {
    const trace = { tenant_id: tenant, task_id: taskId, trace_id: parseTraceparent(traceparent)?.traceId };
    return { ...trace, tool_id: toolId, tool_name: this.#catalog.nameOf(toolId) };
  }
}

const noCalls = (): Sums => ({
  ...{ calls: 0, failed: 0, duration_ms: 0, duration_max_ms: 0 },
  ...{ result_bytes: 0, files_changed: 0, egress_requests: 0, egress_denied: 0 },
});

/** Hosts are the user's; how many requests there were and how many were denied is ours to watch. */
function addTo(sums: Sums, { success, durationMs, resultJson, changes, egress = [] }: ToolOutcome): void {
  sums.calls += 1;
  sums.failed += success ? 0 : 1;
  sums.duration_ms += durationMs;
  sums.duration_max_ms = Math.max(sums.duration_max_ms, durationMs);
  sums.result_bytes += utf8Length(resultJson);
  sums.files_changed += changes.length;
  sums.egress_requests += egress.length;
  sums.egress_denied += egress.filter(({ allowed }) => !allowed).length;
}
