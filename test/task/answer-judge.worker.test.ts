/** The judge of answers, in the real runtime: what it is shown, what its word leads to, and what nobody sees before it. */
import { describe, expect, it } from "vitest";
import { canonicalJson, sha256Hex } from "../../src/platform/index.ts";
import type { TaskEvent, TaskStub } from "../../src/task/index.ts";
import { LIST, live } from "./crash-rig.ts";
import { accept, readUntil, typesOf } from "./harness.ts";
import { call } from "./history.ts";
import { type Decided, lastShown, type Reply, run, textOf, verdictsOf } from "./scripted.ts";

const RULES = 'prohibited_actions: ["Promise a refund"], escalation_triggers: ["Somebody is in danger"]';
const judged = (more = "", output = ""): string =>
  `{ output: { judge: tier-1${output} }, behavioral: { ${RULES}${more} } }`;
const PROHIBITED = '{ output: { judge: tier-1 }, behavioral: { prohibited_actions: ["Promise a refund"] } }';
const TRIGGERS = '{ output: { judge: tier-1 }, behavioral: { escalation_triggers: ["Somebody is in danger"] } }';
const CHECKED = "{ output: { judge: tier-1, hallucination_check: { enabled: true, confidence_threshold: 0.7 } } }";
const CITED = "{ output: { judge: tier-1, source_citation_required: true } }";

const says = (scores: object): string => JSON.stringify({ prohibited_1: 0, trigger_1: 0, ...scores });
const FINE = says({});
const BROKEN = says({ prohibited_1: 0.9 });
const MET = says({ trigger_1: 0.8 });

const shownBefore = (events: readonly TaskEvent[], type: string): string =>
  textOf(
    events.slice(
      0,
      events.findIndex((event) => event.type === type),
    ),
  );

describe("a judge of answers", () => {
  it("is asked once about the finished answer, shown it with what it may rest on, as data", async () => {
    const replies = [{ text: "Let me look.", calls: [LIST] }, "All is well.", FINE];
    const { view, shown, events } = await run("How is it?", replies, { guardrails: judged() });
    expect(view).toMatchObject({ state: "done", output: "All is well.", steps_taken: 2, usage: { input_tokens: 3 } });
    const [question] = shown[2]?.messages ?? [];
    expect(JSON.parse(question?.role === "user" ? question.text : "")).toEqual({
      answer_to_judge: "All is well.",
      request: "How is it?",
      tool_results: [{ tool: "file_manager", content: '{"entries":[]}' }],
      tool_results_left_out: 0,
    });
    expect(shown[2]?.systemStable).toContain(
      '"prohibited_1": whether the answer does, offers or claims to have done this: "Promise a refund"',
    );
    expect(verdictsOf(events)).toEqual([{ direction: "output", step: 1, by: "judge", action: "allow", findings: [] }]);
  });

  it("that may refuse keeps every text back until it has spoken, and then the answer alone is shown", async () => {
    const replies = [{ text: "Let me look.", calls: [LIST] }, "All is well.", FINE];
    const { events } = await run("How is it?", replies, { guardrails: judged() });
    expect(shownBefore(events, "guard.checked")).toBe("");
    expect(textOf(events)).toBe("All is well.");
  });

  it("that only looks for named sources keeps nothing back", async () => {
    const { events } = await run("Go", ["So it is.", '{"cited":1}'], { guardrails: CITED });
    expect(shownBefore(events, "guard.checked")).toBe("So it is.");
    expect(textOf(events)).toBe("So it is.");
  });

  it("is not asked where the pack gives it nothing to judge", async () => {
    const { shown, view } = await run("Go", ["hi"], { guardrails: "{ output: { judge: tier-1 } }" });
    expect([view.state, shown.length]).toEqual(["done", 1]);
  });

  it("sees tokens, and the tenant the values, where the input was redacted", async () => {
    const guardrails = judged().replace(
      "{ output",
      "{ input: { pii_detection: { enabled: true, action: redact } }, output",
    );
    const { view, shown, events } = await run("Write to jane@example.com", ["To [EMAIL_1].", FINE], { guardrails });
    expect(JSON.stringify(shown)).not.toContain("jane");
    expect([view.output, textOf(events)]).toEqual(["To jane@example.com.", "To jane@example.com."]);
  });
});

describe("an answer that does what is prohibited", () => {
  it("is judged though its provider broke it off", async () => {
    const cut: Reply = { text: "You get a ref", isRefusal: true };
    const { view, events } = await run("Refund me", [cut, BROKEN, cut, BROKEN], { guardrails: judged() });
    expect([view.error?.code, view.output, textOf(events)]).toEqual(["OUTPUT_BLOCKED", null, ""]);
  });

  it("is sent back once with the rule, and the mended one is judged anew and passes", async () => {
    const replies = ["You get a refund.", BROKEN, "I cannot promise that.", FINE];
    const { view, shown, events } = await run("Refund me", replies, { guardrails: judged() });
    expect(view).toMatchObject({ state: "done", output: "I cannot promise that.", steps_taken: 2 });
    expect(lastShown(shown.slice(0, 3))).toMatchObject({ text: expect.stringContaining("Promise a refund") });
    expect(textOf(events)).toBe("I cannot promise that.");
    expect(verdictsOf(events)).toMatchObject([
      { step: 0, action: "block", rules: [{ rule: "behavioral.prohibited_actions[0]", confidence: 0.9 }] },
      { step: 1, action: "allow" },
    ]);
  });

  it("twice ends the task with OUTPUT_BLOCKED, and nobody ever sees a word of it", async () => {
    const replies = ["You get a refund.", BROKEN, "A refund, then.", BROKEN];
    const { view, events } = await run("Refund me", replies, { guardrails: judged() });
    expect(view).toMatchObject({ state: "failed", error: { code: "OUTPUT_BLOCKED" }, output: null, steps_taken: 2 });
    expect(view.error?.message).toContain("Promise a refund");
    expect(textOf(events)).toBe("");
    expect(JSON.stringify(events)).not.toMatch(/You get|A refund, then/);
  });

  it("is not sent back without a step for it", async () => {
    const guardrails = judged(", max_autonomous_steps: 1");
    const { view } = await run("Refund me", ["You get a refund.", BROKEN], { guardrails });
    expect(view).toMatchObject({ state: "failed", error: { code: "OUTPUT_BLOCKED" }, steps_taken: 1, output: null });
  });
});

describe("a judge that does not judge", () => {
  const NONSENSE = ["It looks fine to me.", '{"prohibited_1":0}', says({ trigger_1: 2 }), "[]"];
  for (const reply of NONSENSE) {
    it(`lets nothing past what is prohibited: ${reply}`, async () => {
      const { view, events } = await run("Go", ["Some answer", reply], { guardrails: judged() });
      expect(view).toMatchObject({ state: "failed", error: { code: "OUTPUT_BLOCKED" }, output: null, steps_taken: 1 });
      expect(verdictsOf(events)).toMatchObject([{ action: "block", not_checked: ["output.judge"] }]);
      expect(textOf(events)).toBe("");
    });
  }

  it("has a person asked where the pack names cases for one", async () => {
    const { view, questions } = await run("Go", ["Some answer", "Fine."], { guardrails: TRIGGERS });
    expect([view.state, questions[0]?.reason]).toEqual(["waiting", expect.stringContaining("gave no judgement")]);
  });

  it("and only looks for sources has the verdict say that nobody looked", async () => {
    const { view, events } = await run("Go", ["hi", "Fine."], { guardrails: CITED });
    expect(view.state).toBe("done");
    expect(verdictsOf(events)).toMatchObject([
      { by: "judge", action: "allow", not_checked: ["output.judge"] },
      { not_checked: ["output.source_citation_required"] },
    ]);
  });

  it("for its tier is not the tenant's lets nothing past either, and is not asked", async () => {
    const { view, shown } = await run("Go", ["Some answer"], { guardrails: PROHIBITED, isAllowed: false });
    expect([view.error?.code, shown.length]).toEqual(["OUTPUT_BLOCKED", 1]);
  });

  it("for it cannot be reached costs an attempt, and is asked about the same answer again", async () => {
    const replies: (Reply | string)[] = ["The answer", { fails: {} }, FINE];
    const { view, events } = await run("Go", replies, { guardrails: judged() });
    expect(view).toMatchObject({ state: "done", output: "The answer", steps_taken: 1, attempt: 1 });
    expect(typesOf(events)).toContain("task.retry");
    expect(shownBefore(events, "guard.checked")).toBe("");
  });

  it("to the last attempt ends the task without showing what nobody judged", async () => {
    const away: Reply = { fails: {} };
    const { view, events } = await run("Go", ["The answer", away, away, away, away], { guardrails: judged() });
    expect(view).toMatchObject({ state: "dead_letter", error: { code: "ATTEMPTS_EXHAUSTED" }, output: null });
    expect(textOf(events)).toBe("");
  });

  it("for the task's money is spent ends the task with BUDGET_EXHAUSTED and shows nothing", async () => {
    const replies: Reply[] = [{ text: "Dear answer", costMicros: 9_999_999 }, { text: FINE }];
    const { view, events } = await run("Go", replies, { guardrails: judged() });
    expect(view).toMatchObject({ state: "failed", error: { code: "BUDGET_EXHAUSTED" }, output: null });
    expect(textOf(events)).toBe("");
  });
});

describe("a case for a person", () => {
  it("has the task wait with the answer unseen, and shows the person what it is about", async () => {
    const { view, events, questions } = await run("Go", ["Call the doctor.", MET], { guardrails: judged() });
    expect(view).toMatchObject({ state: "waiting", output: null });
    expect(JSON.stringify(events)).not.toContain("Call the doctor.");
    expect(verdictsOf(events)).toMatchObject([{ action: "warn", escalate: true }]);
    expect(questions).toMatchObject([
      {
        kind: "approval",
        tool_id: "answer",
        call_id: "0.0",
        arguments: { text: "Call the doctor." },
        reason: expect.stringContaining("Somebody is in danger"),
      },
    ]);
  });

  it("ends the task with the answer when the person approves, and uses the approval", async () => {
    const person = [{ decision: "approve" }] as const;
    const replies = ["Call the doctor.", MET];
    const { view, events, shown, questions } = await run("Go", replies, { guardrails: judged(), person });
    expect(view).toMatchObject({ state: "done", output: "Call the doctor." });
    expect([textOf(events), shown.length]).toEqual(["Call the doctor.", 2]);
    expect(questions).toMatchObject([{ decision: "approve", used_at: expect.any(String) }]);
  });

  it("sends the answer back with the person's reason when they refuse it", async () => {
    const person = [{ decision: "reject", reason: "Say less." }] as const;
    const replies = ["Call the doctor.", MET, "Help is near.", FINE];
    const { view, shown } = await run("Go", replies, { guardrails: judged(), person });
    expect(view).toMatchObject({ state: "done", output: "Help is near." });
    expect(lastShown(shown.slice(0, 3))).toMatchObject({ text: expect.stringContaining("Say less.") });
  });

  it("ends the task with OUTPUT_BLOCKED when they refuse the next one too", async () => {
    const person = [{ decision: "reject" }, { decision: "reject" }] as const;
    const { view, events } = await run("Go", ["One.", MET, "Two.", MET], { guardrails: judged(), person });
    expect(view).toMatchObject({ state: "failed", error: { code: "OUTPUT_BLOCKED" }, output: null });
    expect(JSON.stringify(events)).not.toMatch(/One\.|Two\./);
  });

  it("sends the answer back when nobody decides in time, and takes one that needs nobody", async () => {
    const replies = ["Call the doctor.", MET, "Help is near.", FINE];
    const { view, questions, events } = await run("Go", replies, { guardrails: judged(), person: ["lapse"] });
    expect(view).toMatchObject({ state: "done", output: "Help is near." });
    expect(JSON.stringify(events)).not.toContain("Call the doctor.");
    expect(questions).toMatchObject([{ state: "expired", used_at: null }]);
    expect(typesOf(events)).toContain("approval.expired");
  });

  it("says that the approval expired when the run comes too late to use it, and sends the answer back", async () => {
    const person = [{ decision: "approve", passesMs: 120_000 }] as const;
    const replies = ["Call the doctor.", MET, "Help is near.", FINE];
    const guardrails = judged(', approval_ttl: "1m"');
    const { view, questions, events } = await run("Go", replies, { guardrails, person });
    expect(view).toMatchObject({ state: "done", output: "Help is near." });
    expect(questions).toMatchObject([{ state: "expired", decision: "approve", used_at: null }]);
    expect(typesOf(events).filter((type) => type.startsWith("approval."))).toEqual([
      "approval.requested",
      "approval.decided",
      "approval.expired",
    ]);
  });

  it("is decided like any other by whoever asks the task's object, with the offline model that judges nothing", async () => {
    const { stub } = await accept("@say Call the doctor.", {
      pack: "judged-offline",
      extra: `guardrails: ${TRIGGERS}`,
    });
    const task: TaskStub = stub();
    await task.kick();
    const events = await readUntil(task, ({ type }) => type === "task.waiting");
    const question = await task.approval(1);
    const { text } = Object(question?.arguments);
    expect(text).toContain("Call the doctor.");
    expect(JSON.stringify(events)).not.toContain(JSON.stringify(text));
    const request = { by: "key:person", reason: null, result: null, request_key: "r" };
    const args_hash = await sha256Hex(canonicalJson({ text }));
    expect(await task.decide(1, { ...request, decision: "approve", args_hash: "0".repeat(64) })).toMatchObject({
      code: "APPROVAL_ARGS_CHANGED",
    });
    expect(await task.decide(1, { ...request, decision: "approve", args_hash })).toMatchObject({ kind: "decided" });
    await readUntil(task, () => false, events.at(-1)?.seq);
    expect(await task.view()).toMatchObject({ state: "done", output: text });
  });

  it("asks nobody about an answer that must not pass anyway", async () => {
    const both = says({ prohibited_1: 1, trigger_1: 1 });
    const { view, questions } = await run("Go", ["A", both, "B", both], { guardrails: judged() });
    expect([view.error?.code, questions.length]).toEqual(["OUTPUT_BLOCKED", 0]);
  });
});

describe("a hallucination check", () => {
  it("lets an answer pass from its threshold on, and tells how sure the judge is", async () => {
    const { view, events } = await run("Go", ["It is so.", '{"supported":0.7}'], { guardrails: CHECKED });
    expect(view.state).toBe("done");
    expect(verdictsOf(events)).toMatchObject([{ action: "allow", supported: 0.7 }]);
  });

  it("sends an answer back once that is below it, then refuses it", async () => {
    const low = '{"supported":0.69}';
    const { view, shown } = await run("Go", ["It is so.", low, "It is.", low], { guardrails: CHECKED });
    expect(view).toMatchObject({ state: "failed", error: { code: "OUTPUT_BLOCKED" }, output: null });
    expect(lastShown(shown.slice(0, 3))).toMatchObject({ text: expect.stringContaining("supports") });
  });

  it("without a judge is said to be not checked, and keeps nothing back", async () => {
    const { events } = await run("Go", ["It is so."], { guardrails: CHECKED.replace("judge: tier-1, ", "") });
    expect(typesOf(events).slice(-3)).toEqual(["step.finished", "guard.checked", "task.done"]);
    expect(verdictsOf(events)).toMatchObject([{ not_checked: ["output.hallucination_check"] }]);
  });
});

const WRITER = `
tools:
  available:
    - { id: "file_manager", name: "Files", labels: ["writes"], sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] } }
    - { id: "code_executor", name: "Code", sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] } }
`;
const write = call("file_manager", { action: "write", path: "/workspace/a.txt", content: "a" });
const look = call("code_executor", { language: "javascript", code: "1" });

describe("what a judge found", () => {
  it("in the input that the pack wants a person for has one asked before a call that writes, and before no other", async () => {
    const guardrails = '{ input: { judge: tier-1 }, behavioral: { escalation_triggers: ["Somebody is in danger"] } }';
    const judgement = JSON.stringify({ injection: 0, jailbreak: 0, trigger_1: 0.9 });
    const replies = [judgement, { text: "", calls: [look] }, { text: "", calls: [write] }];
    const { view, events, questions } = await run("Help!", replies, { guardrails, tools: WRITER });
    expect(view.state).toBe("waiting");
    expect(questions).toMatchObject([
      { tool_id: "file_manager", reason: expect.stringContaining("Somebody is in danger") },
    ]);
    expect(verdictsOf(events)).toEqual([
      {
        ...{ direction: "input", by: "judge", action: "warn", findings: [], escalate: true },
        rules: [{ rule: "behavioral.escalation_triggers[0]", confidence: 0.9 }],
      },
    ]);
  });

  it("in an answer has a person asked before what the next turn writes", async () => {
    const replies = ["You get a refund.", BROKEN, { text: "", calls: [write] }];
    const { view, questions } = await run("Refund me", replies, { guardrails: judged(), tools: WRITER });
    expect(view.state).toBe("waiting");
    expect(questions).toMatchObject([{ tool_id: "file_manager", reason: expect.stringContaining("Promise a refund") }]);
  });
});

describe("a handoff", () => {
  const TO_HELPER = `${WRITER}
workflow:
  handoffs: [{ target_agent: "helper", conditions: ["always"] }]
`;
  const handsOver = (input: string): Reply => ({ text: "", calls: [call("handoff", { agent: "helper", input })] });

  it("has a person asked first once a judge found something, for the other task does not know it", async () => {
    const replies = ["You get a refund.", BROKEN, handsOver("Write to them.")];
    const { view, questions } = await run("Refund me", replies, { guardrails: judged(), tools: TO_HELPER });
    expect(view.state).toBe("waiting");
    expect(questions).toMatchObject([{ tool_id: "handoff", reason: expect.stringContaining("Promise a refund") }]);
  });

  it("has a person asked first where personal data would go along, as before a tool that sends out", async () => {
    const guardrails = "{ output: { pii_check: true } }";
    const { questions } = await run("Go", [handsOver("Write to jane@example.com")], { guardrails, tools: TO_HELPER });
    expect(questions).toMatchObject([{ tool_id: "handoff", reason: expect.stringContaining("email") }]);
  });
});

describe("a replay", () => {
  const guardrails = judged();
  const peek = { text: "", calls: [look] };
  const rewrite = { text: "", calls: [write] };

  const sourceOf = (replies: readonly (Reply | string)[], person: readonly Decided[] = []) =>
    run("Refund me", replies, { guardrails, tools: WRITER, person });

  it("knows what the judge found in an answer that it takes over, and has a person asked before it writes", async () => {
    const source = await sourceOf(["You get a refund.", BROKEN, peek, "Done.", FINE]);
    const options = { guardrails, tools: WRITER, source: { ...source, fromStep: 2 } };
    const { view, questions, shown } = await run("Refund me", [rewrite], options);
    expect(view.state).toBe("waiting");
    expect(questions).toMatchObject([{ tool_id: "file_manager", reason: expect.stringContaining("Promise a refund") }]);
    expect(shown[0]?.messages[2]).toMatchObject({ text: expect.stringContaining("Promise a refund") });
  });

  it("of a replay knows it too, under a pack that has no such rule any more", async () => {
    const first = await sourceOf(["You get a refund.", BROKEN, peek, "Done.", FINE]);
    const free = { guardrails: "{}", tools: WRITER };
    const second = await run("Refund me", ["So."], { ...free, source: { ...first, fromStep: 2 } });
    const { questions } = await run("Refund me", [rewrite], { ...free, source: { ...second, fromStep: 2 } });
    expect(questions).toMatchObject([{ tool_id: "file_manager", reason: expect.stringContaining("Promise a refund") }]);
  });

  it("tells its model why a person refused an answer that it takes over", async () => {
    const person = [{ decision: "reject", reason: "Say less." }] as const;
    const source = await sourceOf(["Call the doctor.", MET, peek, "Help is near.", FINE], person);
    const options = { guardrails, tools: WRITER, source: { ...source, fromStep: 2 } };
    const { shown } = await run("Refund me", ["Help is near.", FINE], options);
    expect(shown[0]?.messages[2]).toMatchObject({ text: expect.stringContaining("Say less.") });
  });

  it("has the judge look anew at an answer that passed, where it takes over all of its source", async () => {
    const source = await sourceOf(["Hello.", FINE]);
    const options = { guardrails, tools: WRITER, source: { ...source, fromStep: 1 } };
    const { view, shown } = await run("Refund me", [BROKEN, "Hi.", FINE], options);
    expect(view).toMatchObject({ state: "done", output: "Hi." });
    expect(shown).toHaveLength(3);
  });
});

describe("a crash at every moment", () => {
  it("has a judge's word once, one question to a person, and one answer, shown after both", async () => {
    const pack = `guardrails: ${judged()}`;
    const options = { needsApproval: false, mayRepeat: true, pack, judgement: MET };
    const person = () => ({ decision: "approve", result: null }) as const;
    const unharmed = await live("judged-0", { ...options, person, crashAt: 0 });
    const stories = [unharmed];
    for (let crashAt = 1; crashAt <= unharmed.moments; crashAt++) {
      stories.push(await live(`judged-${crashAt}`, { ...options, person, crashAt }));
    }
    const written = (unharmed.world.judgements[0] ?? 0) + 2;
    for (const [crashAt, { view, events, questions, world }] of stories.entries()) {
      expect([view.state, view.output, textOf(events)]).toEqual(["done", "counted", "counted"]);
      expect(verdictsOf(events)).toHaveLength(1);
      expect(new Set(questions.map(({ approval_id }) => approval_id)).size).toBe(1);
      // Asked again only where a crash took its word before it was written down.
      if (crashAt === 0 || crashAt >= written) expect(world.judgements).toHaveLength(1);
      else expect(world.judgements.length).toBeLessThan(3);
    }
    expect(stories.length).toBeGreaterThan(written);
  });
});
