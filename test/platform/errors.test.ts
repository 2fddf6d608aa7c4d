/** The table of errors: every row is complete, and the two vocabularies it maps to agree with each other. */
import { describe, expect, it } from "vitest";
import { AppError, createLog, describeError, ERRORS } from "../../src/platform/index.ts";

describe("the table of errors", () => {
  it("uses statuses of errors only", () => {
    for (const [code, row] of Object.entries(ERRORS)) expect(row.http, code).toBeGreaterThanOrEqual(400);
  });

  it("says fault of ours exactly where the status does", () => {
    for (const [code, row] of Object.entries(ERRORS)) {
      expect(["internal", "unavailable"].includes(row.connect), code).toBe(row.http >= 500);
    }
  });

  it("gives an error its title unless a sentence of its own was given", () => {
    expect(new AppError("TASK_NOT_FOUND").message).toBe(ERRORS.TASK_NOT_FOUND.title);
    expect(new AppError("TASK_NOT_FOUND", "gone").message).toBe("gone");
  });
});

describe("the log", () => {
  it("writes one line of JSON with the context of every ancestor", () => {
    const lines: string[] = [];
    const log = createLog({ trace_id: "t" }, (_level, line) => lines.push(line)).with({ task_id: "k" });
    log.warn("task.retry", { attempt: 2 });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: "warn", event: "task.retry", trace_id: "t", task_id: "k", attempt: 2 },
    ]);
  });

  it("describes whatever was thrown in at most 300 characters", () => {
    expect(describeError(new TypeError("x"))).toBe("TypeError: x");
    expect(describeError("text")).toBe("text");
    expect(describeError("x".repeat(999))).toHaveLength(300);
  });
});
