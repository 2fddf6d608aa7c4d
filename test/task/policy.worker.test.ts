/** The policy in the way of every call: tasks in the real runtime under the compiled default policy, and under others. */
import { describe, expect, it } from "vitest";
import { createObjectMemory } from "../../src/memory/index.ts";
import { assert } from "../../src/platform/index.ts";
import { logOnly, type PolicyEngine, type PolicyQuestion } from "../../src/policy/index.ts";
import type { TaskEvent, TaskStub } from "../../src/task/index.ts";
import { patientClock } from "../api/ports.ts";
import { tool as packTool, SCOPED as SCOPED_FILES } from "../tool/samples.ts";
import { defaultPolicy, LIST, live, type Person, type Tool } from "./crash-rig.ts";
import { childrenOf, handingTo, handoff, stubOf } from "./handoffs.ts";
import { accept, env, publish, readUntil, TENANT, typesOf } from "./harness.ts";
import { call } from "./history.ts";
import { ALLOW, DENY, policyServer } from "./policy-server.ts";

const memory = createObjectMemory({ objectOf: (name) => env.SESSION_MEMORY.getByName(name), clock: patientClock });

const SCOPED = `sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] }`;

/** One tool that reads what strangers wrote, one that reads private data, and writes. */
const LABELLED = `
tools:
  available:
    - { id: "code_executor", name: "Reader", labels: ["reads_untrusted"], ${SCOPED} }
    - { id: "file_manager", name: "Records", labels: ["reads_private", "writes"], ${SCOPED} }
`;
const read = `@tool code_executor ${JSON.stringify({ language: "javascript", code: "6 * 7" })}`;
const write = `@tool file_manager ${JSON.stringify({ action: "write", path: "/workspace/a.txt", content: "a" })}`;

async function run(input: string, extra = LABELLED, more: { readonly session?: string } = {}) {
  const task = await accept(input, { pack: "labelled", extra, requestedBy: "key:starter", ...more });
  await task.stub().kick();
  const object = (): TaskStub => task.stub();
  const answer = async (by: string) => {
    const question = await object().approval(1);
    assert(question !== null, "a person is asked");
    const { args_hash } = question;
    return object().decide(1, { decision: "approve", by, reason: null, args_hash, result: null, request_key: by });
  };
  return { object, answer, events: await readUntil(task.stub()) };
}
const resultsOf = (events: readonly TaskEvent[]) =>
  events.filter(({ type }) => type === "tool.result").map(({ data }) => data);
const errorOf = (events: readonly TaskEvent[]) => resultsOf(events)[0]?.error as { code: string } | undefined; // as stored

describe("the rule of two", () => {
  it("lets two of the three go on without a person", async () => {
    const { events } = await run(`${write}\n${read}`);
    expect(typesOf(events).at(-1)).toBe("task.done");
    expect(resultsOf(events).map(({ success }) => success)).toEqual([true, true]);
  });

  it("asks a person about a change after untrusted content and private data, and takes the answer", async () => {
    const { object, answer, events } = await run(`${read}\n${write}`);
    expect(typesOf(events).at(-1)).toBe("task.waiting");
    expect(await object().approval(1)).toMatchObject({
      tool_id: "file_manager",
      reason: expect.stringMatching(/has seen private data and untrusted content/),
    });
    await answer("key:approver");
    const rest = await readUntil(object(), () => false, events.at(-1)?.seq);
    expect(typesOf(rest).at(-1)).toBe("task.done");
    expect(resultsOf(rest).map(({ success }) => success)).toEqual([true]);
  });

  it("knows what the tasks of the session had seen, and what those knew", async () => {
    const session = "tainted";
    const ends = [];
    for (const input of [read, "@say hello", write]) {
      const { events } = await run(input, LABELLED, { session });
      ends.push(typesOf(events).at(-1));
    }
    const { events } = await run(write, LABELLED, { session: "another" });
    ends.push(typesOf(events).at(-1));
    expect(ends).toEqual(["task.done", "task.done", "task.waiting", "task.done"]);
  });

  const saving = (code: string) => `@tool code_executor ${JSON.stringify({ language: "javascript", code })}`;
  const save = saving("require('fs').writeFileSync('page.txt', 'a page'); 1");
  const unsave = saving("require('fs').unlinkSync('page.txt'); 1");
  const FORGETFUL = `${LABELLED}\nmemory: { short_term: { enabled: false } }\n`;
  for (const [name, extra, inputs, end] of [
    ["of a pack that remembers nothing", FORGETFUL, [save, "@say hello"], "task.waiting"],
    ["of one that forgot what was said", LABELLED, [save, "@say hello"], "task.waiting"],
    ["nothing, where none was left", FORGETFUL, [save, unsave], "task.done"],
  ] as const) {
    it(`knows what had come into the files of its session: ${name}`, async () => {
      const session = `files ${name}`;
      for (const input of inputs) await run(input, extra, { session });
      await memory.clear({ tenant: TENANT, agent: "labelled", session });
      const { events } = await run(write, extra, { session });
      expect(typesOf(events).at(-1)).toBe(end);
    });
  }

  it("needs another person than the requester where the data are restricted", async () => {
    const restricted = `${LABELLED}\nguardrails: { compliance: { data_classification: "restricted" } }\n`;
    const { answer } = await run(`${read}\n${write}`, restricted);
    expect(await answer("key:starter")).toMatchObject({ kind: "refused", code: "APPROVAL_SELF" });
  });

  it("keeps what was decided with the result, and has it audited although the pack does not", async () => {
    const quiet = LABELLED.replaceAll("labels:", "audit: false, labels:");
    const recorded = async (extra: string) => {
      const { object } = await run(read, extra);
      const exported = await object().exportJournal(1);
      return JSON.parse(exported?.journal ?? "{}").results[0];
    };
    const plain = await recorded(quiet);
    expect(plain).toMatchObject({
      isUnaudited: true,
      decision: { question: { tool: { id: "code_executor" } }, decision: { effect: "allow", obligations: [] } },
    });
    const kept = await recorded(`${quiet}\nguardrails: { compliance: { data_classification: "restricted" } }\n`);
    expect(kept.isUnaudited).toBeUndefined();
    expect(kept.decision.decision.obligations).toEqual(["audit"]);
  });

  it("holds for a tool with a network although its pack names no label", async () => {
    const networked = `
tools:
  available:
    - { id: "file_manager", name: "Records", labels: ["reads_private"], ${SCOPED} }
    - { id: "http_request", name: "Web", sandbox: { timeout: "10s", network: "egress_allowlist", egress_allowlist: ["api.example.com"] } }
`;
    const get = `@tool http_request ${JSON.stringify({ method: "GET", url: "https://api.example.com/" })}`;
    const { events } = await run(`@tool file_manager {"action": "list", "path": "/workspace"}\n${get}`, networked);
    expect(typesOf(events).at(-1)).toBe("task.waiting");
  });
});

describe("the rule of two, over a handoff", () => {
  const HELPER = LABELLED.replace('"reads_private", "writes"', '"writes"');
  const LEAD = LABELLED.replace('"reads_private", "writes"', '"reads_private"');

  it("holds for the child, which was told what its parent had seen", async () => {
    await publish("writer", HELPER);
    const list = `@tool file_manager {"action": "list", "path": "/workspace"}`;
    const { events } = await run(
      `${read}\n${list}\n${handoff("writer", write)}`,
      handingTo({ writer: "minimal" }, LEAD),
    );
    const [child = ""] = childrenOf(events);
    expect(typesOf(await readUntil(stubOf(TENANT, child))).at(-1)).toBe("task.waiting");
    expect(await stubOf(TENANT, child).approval(1)).toMatchObject({ tool_id: "file_manager", state: "pending" });
  });

  it("holds for a replay of the child, and for a replay of that: its input says what the parent had seen", async () => {
    await publish("greeter", LABELLED);
    const input = `@say hello\n${write}`;
    const { events } = await run(`${read}\n${handoff("greeter", "@say hello")}`, handingTo({ greeter: "full" }, LEAD));
    const [child = ""] = childrenOf(events);
    await readUntil(stubOf(TENANT, child));
    let source = { taskId: child, stub: () => stubOf(TENANT, child) };
    for (const nth of ["first", "second"]) {
      const exported = await source.stub().exportJournal(0);
      assert(exported !== null, "the source is there");
      const plan = { source_task_id: source.taskId, from_step: 0, dry_run: false, journal: exported.journal };
      source = await accept(input, { pack: "greeter", extra: LABELLED, replay: plan });
      await source.stub().kick();
      expect([nth, typesOf(await readUntil(source.stub())).at(-1)]).toEqual([nth, "task.waiting"]);
    }
  });

  it("holds for a replay of a journal that does not say what its source began with", async () => {
    const { object } = await run("@say hello");
    const exported = await object().exportJournal(0);
    const { taint, ...silent } = JSON.parse(exported?.journal ?? "{}");
    expect(taint).toEqual([]);
    const plan = { source_task_id: "source", from_step: 0, dry_run: false, journal: JSON.stringify(silent) };
    const replay = await accept(write, { pack: "labelled", extra: LABELLED, replay: plan });
    await replay.stub().kick();
    expect(typesOf(await readUntil(replay.stub())).at(-1)).toBe("task.waiting");
  });

  it("holds for the parent, which is told what its child had seen", async () => {
    await publish("reader", HELPER);
    const { object } = await run(`${handoff("reader", read)}\n${write}`, handingTo({ reader: "minimal" }, LABELLED));
    const asked = async () => {
      while ((await object().view())?.state !== "done") {
        const question = await object().approval(1);
        if (question !== null) return question;
        await scheduler.wait(1);
      }
      return null;
    };
    expect(await asked()).toMatchObject({ tool_id: "file_manager", state: "pending" });
  });
});

describe("a refusal of arguments", () => {
  const available = [
    packTool("code_executor", 'filesystem: "none"', 'labels: ["reads_untrusted"]'),
    packTool("file_manager", SCOPED_FILES, 'labels: ["reads_private", "writes"]'),
  ];
  const compute = (args: object) => call("code_executor", { ...args });
  const untrusted = { ok: false, error: { code: "TOOL_ARGUMENTS", message: "As the server says: ATTACK" } };
  const afterwards = (name: string, args: object) =>
    live(name, {
      ...tool(defaultPolicy, { available, mayRepeat: true }),
      script: [compute(args), call("file_manager", { action: "write", path: "/workspace/a.txt", content: "a" })],
      runner: async () => ({ kind: "answer", json: JSON.stringify(untrusted) }),
    });

  it("by the tool itself may be a stranger's text, and counts as what it reads", async () => {
    const { events, questions } = await afterwards("refusing-tool", { language: "javascript", code: "1" });
    expect(errorOf(events)).toEqual(untrusted.error);
    expect(questions.map(({ tool_id }) => tool_id)).toEqual(["file_manager"]);
  });

  it("by the runtime brings nothing in", async () => {
    const { events, questions } = await afterwards("refused-tool", { language: "cobol" });
    expect([errorOf(events)?.code, questions]).toEqual(["TOOL_ARGUMENTS", []]);
  });
});

const honest: Person = ({ kind }, { executions }) =>
  kind === "approval"
    ? { decision: "approve", result: null }
    : { decision: executions.length === 0 ? "retry" : "happened", result: null };
const tool = (policy: PolicyEngine, more: Partial<Tool> = {}) => ({
  ...{ needsApproval: false, mayRepeat: false, person: honest, crashAt: 0, policy },
  ...more,
});

describe("a policy", () => {
  it("that denies keeps the call from its tool, and tells the model why", async () => {
    const story = await live("denied", tool(policyServer(() => DENY)));
    expect(story.world.executions).toEqual([]);
    expect(errorOf(story.events)).toEqual({ code: "TOOL_DENIED", message: "Not on a Sunday." });
    expect(story.view.state).toBe("done");
  });

  it("that has no answer denies", async () => {
    const story = await live("undefined", tool(policyServer(() => undefined)));
    expect([story.world.executions, errorOf(story.events)?.code]).toEqual([[], "TOOL_DENIED"]);
  });

  it("cannot take back that the pack asks for a person", async () => {
    const story = await live(
      "allowed",
      tool(
        policyServer(() => ALLOW),
        { needsApproval: true },
      ),
    );
    expect(story.questions.map(({ kind }) => kind)).toEqual(["approval"]);
    expect(story.world.executions).toHaveLength(1);
  });

  it("on trial changes nothing", async () => {
    const story = await live("trial", tool(logOnly(policyServer(() => DENY))));
    expect(story.world.executions).toHaveLength(1);
    expect(story.questions).toEqual([]);
  });

  it("on trial voids no approval, however often it is another one", async () => {
    let count = 0;
    const restless: PolicyEngine = {
      decide: async (question) => ({ ...(await policyServer(() => ALLOW).decide(question)), policy: `opa:${++count}` }),
    };
    const story = await live("restless", tool(logOnly(restless), { needsApproval: true }));
    expect(story.questions.map(({ kind }) => kind)).toEqual(["approval"]);
    expect([story.world.executions.length, count]).toEqual([1, 2]);
  });

  it("is asked again when a person has agreed, and may deny then", async () => {
    let count = 0;
    const changing = policyServer(() => (++count === 1 ? ALLOW : DENY));
    const story = await live("rechecked", tool(changing, { needsApproval: true }));
    expect(story.questions.map(({ kind }) => kind)).toEqual(["approval"]);
    expect([story.world.executions, errorOf(story.events)?.code]).toEqual([[], "TOOL_DENIED"]);
  });

  it("is asked about every call of the task, with what earlier ones brought in", async () => {
    const asked: PolicyQuestion[] = [];
    const watching = policyServer((question) => {
      asked.push(question);
      return ALLOW;
    });
    const script = [LIST, call("file_manager", { action: "read", path: "/workspace/a.txt" })];
    await live("every", tool(watching, { script, mayRepeat: true }));
    expect(asked.map(({ action, tenant, at }) => [action, tenant, at])).toEqual([
      ["tool.call", "crashed", { hour: 8, weekday: 5 }],
      ["tool.call", "crashed", { hour: 8, weekday: 5 }],
    ]);
  });
});

describe("a call", () => {
  const says = <T>(first: T, later: T) => {
    let count = 0;
    return (): T => (++count === 1 ? first : later);
  };
  const REFUSED = { code: "TOOL_DENIED", message: "The operator does not allow it any more." } as const;

  for (const [name, later] of [
    ["a policy that denies it", () => tool(policyServer(says(ALLOW, DENY)))],
    ["a catalogue that refuses it", () => ({ ...tool(policyServer(() => ALLOW)), refuses: says(null, REFUSED) })],
  ] as const) {
    it(`that was handed over stays in doubt before ${name}: it is not said that it did not happen`, async () => {
      const { moments } = await live(`${name} 0`, later());
      const stories = [];
      for (let crashAt = 1; crashAt <= moments; crashAt++) {
        stories.push(await live(`${name} ${crashAt}`, { ...later(), crashAt }));
      }
      // Whatever the moment: an effect that happened is never reported as denied.
      const lies = stories.filter(
        ({ world, events }) => world.executions.length > 0 && errorOf(events)?.code === "TOOL_DENIED",
      );
      expect(lies).toEqual([]);
      expect(stories.some(({ questions }) => questions.some(({ kind }) => kind === "unknown_outcome"))).toBe(true);
      expect(stories.some(({ events }) => errorOf(events)?.code === "TOOL_DENIED")).toBe(true);
    });
  }
});
