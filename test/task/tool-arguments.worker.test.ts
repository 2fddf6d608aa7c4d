/** What a model asks tools to do with data in it, in the real runtime: what is told, and before which call a person is asked. */
import { describe, expect, it } from "vitest";
import { call } from "./history.ts";
import { run, verdictsOf } from "./scripted.ts";

const SCOPED = 'sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] }';
/** One tool that sends out, by its pack's word, and one that does not. */
const TOOLS = `
tools:
  available:
    - { id: "file_manager", name: "Outbox", labels: ["external"], ${SCOPED} }
    - { id: "code_executor", name: "Code", ${SCOPED} }
`;
const CHECKED = "{ output: { pii_check: true } }";
const WATCHED = "{ input: { pii_detection: { enabled: true, action: redact } } }";

const write = (content: string) => call("file_manager", { action: "write", path: "/workspace/mail.txt", content });
const compute = (code: string) => call("code_executor", { language: "javascript", code });

describe("arguments with personal data", () => {
  it("are told with their place, and hold no call of a tool that sends nothing out", async () => {
    const replies = [{ text: "", calls: [compute('"jane@example.com".length')] }, "16"];
    const { view, events } = await run("Go", replies, { guardrails: CHECKED, tools: TOOLS });
    expect(view.state).toBe("done");
    expect(verdictsOf(events)).toEqual([
      {
        ...{ direction: "tool_arguments", call_id: "0.0", action: "warn" },
        findings: [{ kind: "pii", label: "email", start: 1, end: 17, score: 0.98, argument: "/code" }],
      },
    ]);
  });

  it("have a person asked before a tool that sends out gets them, where the pack checks outputs", async () => {
    const replies = [{ text: "", calls: [write("Dear jane@example.com")] }, "sent"];
    const options = { guardrails: CHECKED, tools: TOOLS, person: [{ decision: "approve" }] } as const;
    const { view, questions } = await run("Go", replies, options);
    expect(view.state).toBe("done");
    expect(questions).toMatchObject([
      { tool_id: "file_manager", reason: "It would send out personal data or secrets (email)." },
    ]);
    expect(JSON.stringify(questions[0]?.reason)).not.toContain("jane");
  });

  it("behind what is searched have a person asked as well", async () => {
    const replies = [{ text: "", calls: [write(`${"x ".repeat(50_000)}jane@example.com`)] }];
    const { questions } = await run("Go", replies, { guardrails: CHECKED, tools: TOOLS });
    expect(questions).toMatchObject([
      { tool_id: "file_manager", reason: expect.stringContaining("more text than is searched") },
    ]);
  });

  it("are only told where the pack checks inputs alone", async () => {
    const replies = [{ text: "", calls: [write("Dear omar@example.com")] }, "sent"];
    const { view, questions, events } = await run("Go", replies, { guardrails: WATCHED, tools: TOOLS });
    expect([view.state, questions.length]).toEqual(["done", 0]);
    expect(verdictsOf(events)).toMatchObject([{ direction: "tool_arguments", action: "warn" }]);
  });

  it("are none where a token stands for them", async () => {
    const replies = [{ text: "", calls: [write("Dear [EMAIL_1]")] }, "sent"];
    const guardrails = "{ input: { pii_detection: { enabled: true, action: redact } }, output: { pii_check: true } }";
    const { view, events } = await run("Write to jane@example.com", replies, { guardrails, tools: TOOLS });
    expect(view.state).toBe("done");
    expect(verdictsOf(events).map(({ direction }) => direction)).toEqual(["input"]);
  });

  it("are not looked at where the pack asks for no check", async () => {
    const replies = [{ text: "", calls: [write("Dear jane@example.com")] }, "sent"];
    const { view, events } = await run("Go", replies, { guardrails: "{}", tools: TOOLS });
    expect([view.state, verdictsOf(events)]).toEqual(["done", []]);
  });
});
