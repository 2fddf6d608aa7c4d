/** What is uploaded, running: every module that is loaded on first use is found, and does its work in the real runtime. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleWorker } from "../scripts/worker-bundle.ts";
import { startEmbeddedDatabase } from "../src/local/database/embedded.ts";
import type { DatabaseEndpoint } from "../src/local/database/endpoint.ts";
import { asUser, USERS } from "./case/database/bench.ts";
import { call, stream, text } from "./case/model-wire/answer.ts";
import { anthropicWire } from "./case/model-wire/anthropic-wire.ts";
import { openAiWire } from "./case/model-wire/openai-wire.ts";
import { ModelServer } from "./case/model-wire/server.ts";
import { type Production, startProduction } from "./case/production.ts";
import { openRedis, type TestRedis } from "./case/redis/open.ts";
import { documentOf, runBin } from "./cli/run-bin.ts";

const TENANT = "tenant-123";
const PACK = `{ schema_version: "1.0", pack_id: talker, version: 1.0.0, risk_level: low, author: { name: Tests },
  role: { title: Talker, domain: Testing, seniority: senior, goal: { primary: Talk } },
  tools: { available: [ { id: file_manager, name: Files, sandbox: { filesystem: scoped, scoped_paths: ["/workspace"] } } ] } }`;

const anthropic = new ModelServer(anthropicWire);
const openai = new ModelServer(openAiWire);
let database: DatabaseEndpoint;
let redis: TestRedis;
let worker: Production;

beforeAll(async () => {
  const started = await startEmbeddedDatabase({ dataDir: null, users: USERS });
  if (!started.ok) throw new Error(started.error);
  database = started.value;
  redis = await openRedis();
  const variables = {
    ANTHROPIC_API_KEY: "key-of-the-test",
    ANTHROPIC_BASE_URL: await anthropic.start(),
    OPENAI_API_KEY: "key-of-the-test",
    OPENAI_BASE_URL: `${await openai.start()}/v1`,
    MODEL_TIER_1: "anthropic/claude-sonnet-4-5",
    MODEL_TIER_2: "openai/gpt-4o",
    DATABASE_URL: database.connectionString("app_user"),
    DATABASE_HTTP_ENDPOINT: database.url,
    UPSTASH_REDIS_REST_URL: redis.endpoint.url,
    UPSTASH_REDIS_REST_TOKEN: redis.endpoint.token,
  };
  worker = await startProduction(await bundleWorker(), { variables });
  await worker.publish("talker", { "talker/profession-pack.yaml": PACK });
});
afterAll(async () => {
  await worker?.stop();
  await Promise.all([anthropic.stop(), openai.stop(), redis?.endpoint.close(), database?.close()]);
});

describe("the uploaded modules", () => {
  const providers = [
    { tier: "tier-1", server: anthropic, named: "Anthropic's SDK" },
    { tier: "tier-2", server: openai, named: "OpenAI's wire" },
  ];
  for (const { tier, server, named } of providers) {
    it(`run a task on ${named}, and price it`, async () => {
      server.play(stream([text("said by the model")]));
      const { task } = await worker.finish(await worker.run("talker", { input: "Talk.", tier }));
      expect(task).toMatchObject({
        state: "done",
        output: "said by the model",
        cost_usd: expect.stringMatching(/[1-9]/),
      });
    });
  }

  it("ask the compiled policy, and call a tool in its isolate", async () => {
    const write = JSON.stringify({ action: "write", path: "/workspace/a", content: "text" });
    openai.play(stream([call("file_manager", write)]), stream([text("written")]));
    const { events } = await worker.finish(await worker.run("talker", { input: "Write.", tier: "tier-2" }));
    expect(events).toContain('"written":"/workspace/a"');
  });

  it("count requests in Redis", async () => {
    const before = redis.endpoint.requests();
    // After a slow answer Redis is left alone for a while, and the object counts: again, until the test's own limit.
    while (redis.endpoint.requests() === before) {
      openai.play(stream([text("counted")]));
      await worker.finish(await worker.run("talker", { input: "Talk.", tier: "tier-2" }));
    }
    expect(redis.endpoint.requests()).toBeGreaterThan(before);
  });

  it("carry a task's events to the database", async () => {
    openai.play(stream([text("projected")]));
    const taskId = await worker.run("talker", { input: "Talk.", tier: "tier-2" });
    await worker.finish(taskId);
    const ask = asUser({ endpoint: database, close: async () => undefined }, "outbox_publisher");
    const stored = async (): Promise<readonly unknown[]> => {
      const answer = await ask(TENANT, ["select event_type from event_outbox where aggregate_id = $1", [taskId]]);
      if (answer.code !== null) throw new Error(answer.message);
      return answer.rows.map(({ event_type }) => event_type);
    };
    // Beside the run: asked until it is there. The test's own limit ends it.
    let types = await stored();
    while (!types.includes("task.done")) types = await stored();
    expect(types).toContain("task.queued");
  });

  it("deny a call by a tenant's own policy, and a rehearsal shows what would newly be allowed without it", async () => {
    const tenant = "tenant-careful";
    const vasini = (...words: string[]) =>
      runBin(["policy", ...words], { url: worker.url, environment: { VASINI_TENANT: tenant } });
    const careful = join(import.meta.dirname, "fixtures/policies/careful.wasm");
    expect((await vasini("publish", careful, "--use", "enforce")).code).toBe(0);
    openai.play(
      stream([call("file_manager", JSON.stringify({ action: "list", path: "/workspace" }))]),
      stream([text("denied")]),
    );
    const { events } = await worker.finish(
      await worker.run("talker", { input: "List.", tier: "tier-2" }, tenant),
      tenant,
    );
    expect(events).toContain("Our agents write no files.");
    const stored = async () => (await worker.ask("/api/v1/decisions", { headers: { "x-tenant-id": tenant } })).text();
    // Beside the run: asked until it is there. The test's own limit ends it.
    for (let seen = ""; !seen.includes('"tool.call"'); ) seen = await stored();
    const rehearsed = await vasini("rehearse", "default", "--json");
    const change = { wider: true, before: "deny", after: "allow", tool_id: "file_manager", rules_before: ["no_files"] };
    expect([rehearsed.code, documentOf(rehearsed)]).toMatchObject([1, { asked: 1, wider: 1, changes: [change] }]);
    expect((await vasini("rehearse", careful, "--own")).code).toBe(0);
  });

  it("answer Connect", async () => {
    const response = await worker.ask("/grpc.health.v1.Health/Check", { body: {} });
    expect([response.status, await response.json()]).toEqual([200, { status: "SERVING" }]);
  });

  it("answer an MCP client", async () => {
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    const headers = { accept: "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25" };
    const response = await worker.ask("/mcp", { body, headers });
    expect(await response.text()).toContain('"name":"talker"');
  });

  it("serve the descriptor of their messages", async () => {
    const response = await worker.ask("/descriptor.binpb");
    expect((await response.bytes()).length).toBeGreaterThan(1_000);
  });
});
