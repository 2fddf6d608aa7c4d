/**
 * The same pack on Claude's wire: `npm start` with ANTHROPIC_BASE_URL at a server on this machine that speaks the
 * Messages API. What the model sends arrives as it is sent, what it counts is what the task shows, and one trace id
 * goes all the way (checkpoint 3 of the original plan).
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call, stream, TOKENS, text, wait } from "../case/model-wire/answer.ts";
import { anthropicWire } from "../case/model-wire/anthropic-wire.ts";
import { ModelServer } from "../case/model-wire/server.ts";
import { dataOf, framesOf, get, openEvents, postRun, TENANT, typeOf } from "./client.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "./server.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const dataDir = newDataDir();
const model = new ModelServer(anthropicWire);
let server: Server;

beforeAll(async () => {
  const env = { ANTHROPIC_API_KEY: "key-of-the-test", ANTHROPIC_BASE_URL: await model.start() };
  server = await startServer({ dataDir, port: await freePort(), env });
});
afterAll(async () => {
  await server?.kill();
  await model.stop();
  dropDataDir(dataDir);
});

async function run(input: string, key: string): Promise<string> {
  const response = await fetch(`${server.url}/api/v1/agents/senior-python-dev/run`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-tenant-id": TENANT,
      "x-idempotency-key": key,
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    },
    body: JSON.stringify({ input }),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { task_id: string }).task_id;
}

describe("a run on the Messages API", () => {
  it("says in its start line that Claude is in use", () => {
    expect(server.output()).toContain("claude-sonnet-5");
  });

  it("delivers text as it is sent, and carries one trace id from the request to the model and the tool", async () => {
    let release = (): void => undefined;
    const seen = new Promise<void>((resolve) => {
      release = resolve;
    });
    const code = JSON.stringify({ language: "javascript", code: "process.env.TRACEPARENT" });
    model.play(
      stream([text("The first half "), wait(seen), text("and the second."), call("code_executor", code)]),
      stream([text("done")]),
    );
    const taskId = await run("Say something.", "streamed");
    const deltas: unknown[] = [];
    let result: { [name: string]: unknown } = {};
    for await (const frame of framesOf(await openEvents(server.url, taskId, 0))) {
      if (typeOf(frame) === "tool.result") result = dataOf(frame);
      if (typeOf(frame) !== "text.delta") continue;
      deltas.push(dataOf(frame).text);
      // The server sends the second half only once the first was seen here: nothing on the way may hold it back, but for
      // its last word, which may be the beginning of what the pack redacts.
      release();
    }
    expect(deltas.slice(0, -1).join("")).toBe("The first half and the second.");
    expect(deltas[0]).toMatch(/^The first/);
    expect(deltas.at(-1)).toBe("done");
    const bodies = model.seen.map(({ body }) => body as { system: { cache_control?: unknown; text: string }[] });
    expect(bodies).toHaveLength(2);
    for (const { system } of bodies) expect(system[0]?.cache_control).toEqual({ type: "ephemeral" });
    expect(bodies[0]?.system[0]?.text).toBe(bodies[1]?.system[0]?.text);
    for (const { headers } of model.seen)
      expect(headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(result).toMatchObject({ success: true, result: { value: expect.stringContaining(TRACE) } });
    const task = (await (await get(server.url, `/api/v1/tasks/${taskId}`)).json()) as Record<string, unknown>;
    expect(task).toMatchObject({
      state: "done",
      output: "done",
      trace_id: TRACE,
      usage: {
        input_tokens: 2 * TOKENS.input,
        cache_read_tokens: 2 * TOKENS.cacheRead,
        cache_write_tokens: 2 * TOKENS.cacheWrite,
        output_tokens: 2 * TOKENS.output,
      },
    });
    expect(Number(task.cost_usd)).toBeGreaterThan(0);
  });

  it("makes no call that could cost more than the pack allows a task", async () => {
    const manifest = `schema_version: "1.0"\npack_id: thrifty\nversion: 1.0.0\nrisk_level: low\nauthor: { name: T }
role: { title: T, domain: D, seniority: lead, goal: { primary: P } }
tools: { available: [], tool_policies: { cost_limit_per_task: "$0.01" } }\n`;
    const published = await fetch(`${server.url}/api/v1/packs`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-tenant-id": TENANT },
      body: JSON.stringify({ pack: "thrifty", files: { "thrifty/profession-pack.yaml": manifest } }),
    });
    expect(published.status).toBe(201);
    const before = model.seen.length;
    const accepted = await postRun(server.url, { pack: "thrifty", input: "Say something.", key: "thrifty" });
    const { task_id: taskId } = (await accepted.json()) as { task_id: string };
    for await (const _ of framesOf(await openEvents(server.url, taskId, 0)));
    expect(await (await get(server.url, `/api/v1/tasks/${taskId}`)).json()).toMatchObject({
      state: "failed",
      error: { code: "BUDGET_EXHAUSTED", message: expect.stringMatching(/cost_limit_per_task/) },
      cost_usd: "0",
    });
    expect(model.seen.length).toBe(before);
  });

  it("voids half an answer when the stream breaks and never runs half a tool call", async () => {
    const code = JSON.stringify({ language: "javascript", code: "1" });
    model.play(stream([text("half an ans"), call("code_executor", code)], { end: "cut" }), stream([text("whole")]));
    const taskId = await run("Say something else.", "cut");
    const types: string[] = [];
    for await (const frame of framesOf(await openEvents(server.url, taskId, 0))) types.push(typeOf(frame));
    expect(types).toContain("text.reset");
    expect(types).not.toContain("tool.call");
    expect(types.indexOf("text.reset")).toBeLessThan(types.lastIndexOf("text.delta"));
    expect(await (await get(server.url, `/api/v1/tasks/${taskId}`)).json()).toMatchObject({
      state: "done",
      output: "whole",
    });
  });
});
