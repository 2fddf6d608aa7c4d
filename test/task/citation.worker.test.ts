/** `source_citation_required` without a judge, in the real runtime: an answer names one of the sources its tools returned. */
import { describe, expect, it } from "vitest";
import { call } from "./history.ts";
import { lastShown, run, verdictsOf } from "./scripted.ts";

const CITED = "{ output: { source_citation_required: true } }";
const code = '({ url: "https://example.com/report", text: "Sales rose." })';
const look = { text: "", calls: [call("code_executor", { language: "javascript", code })] };

describe("an answer that has to name its sources", () => {
  it("passes when it names one that a tool returned", async () => {
    const { view, events } = await run("Go", [look, "Sales rose (https://example.com/report)."], { guardrails: CITED });
    expect(view).toMatchObject({ state: "done", steps_taken: 2 });
    expect(verdictsOf(events)).toEqual([]);
  });

  it("is sent back once when it names none, and passes when it is mended", async () => {
    const replies = [look, "Sales rose.", "Sales rose, says example.com/report."];
    const { view, shown } = await run("Go", replies, { guardrails: CITED });
    expect(view).toMatchObject({ state: "done", output: "Sales rose, says example.com/report.", steps_taken: 3 });
    expect(lastShown(shown)).toMatchObject({ role: "user", text: expect.stringContaining("none of the sources") });
  });

  it("ends the task with OUTPUT_BLOCKED when it names none twice", async () => {
    const { view } = await run("Go", [look, "Sales rose.", "They rose."], { guardrails: CITED });
    expect(view).toMatchObject({ state: "failed", error: { code: "OUTPUT_BLOCKED" }, steps_taken: 3 });
  });

  it("is not checked where no tool returned a source, and the verdict says so", async () => {
    const { view, events } = await run("Go", ["Sales rose."], { guardrails: CITED });
    expect(view.state).toBe("done");
    expect(verdictsOf(events)).toMatchObject([{ not_checked: ["output.source_citation_required"] }]);
  });
});
