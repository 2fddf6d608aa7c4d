/** Another engine, over real HTTP: what it says is taken when it is a decision, and everything else is a denial. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clock } from "../../src/platform/index.ts";
import { createExternalPolicy, logOnly } from "../../src/policy/index.ts";
import { patientClock } from "../api/ports.ts";
import { toolQuestion } from "./questions.ts";

type Answer = (response: ServerResponse, body: string) => void;
type Seen = { readonly url: string; readonly body: string };

let answer: Answer = () => undefined;
let seen: Seen[] = [];
let origin = "";

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  let body = "";
  request.setEncoding("utf8").on("data", (piece: string) => {
    body += piece;
  });
  request.on("end", () => {
    seen.push({ url: request.url ?? "", body });
    answer(response, body);
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  origin = `http://127.0.0.1:${address.port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const json =
  (value: unknown, status = 200): Answer =>
  (response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

const engineAt = (url = origin, clock: Clock = patientClock) =>
  createExternalPolicy({ url, clock, fetch: (input, init) => fetch(input, init), log: { error: () => undefined } });

async function decideWith(one: Answer, clock?: Clock) {
  answer = one;
  seen = [];
  return engineAt(origin, clock).decide(toolQuestion());
}

const ALLOW = { effect: "allow", reasons: [], obligations: [] };

describe("another engine", () => {
  it("is asked for the default policy's decision, with the whole question", async () => {
    await decideWith(json({ result: ALLOW }));
    expect(seen).toEqual([
      { url: "/v1/data/vasini/authz/decision?provenance=true", body: JSON.stringify({ input: toolQuestion() }) },
    ]);
  });

  it("is asked for the decision that its URL names", async () => {
    answer = json({ result: ALLOW });
    seen = [];
    await engineAt(`${origin}/v1/data/ours/decision`).decide(toolQuestion());
    expect(seen.map(({ url }) => url)).toEqual(["/v1/data/ours/decision?provenance=true"]);
  });

  it("decides, under the revisions of its bundles", async () => {
    const provenance = { bundles: { b: { revision: "two" }, a: { revision: "one" } } };
    const reasons = [{ rule: "mine", message: "Because." }];
    const decision = await decideWith(json({ result: { ...ALLOW, effect: "ask", reasons }, provenance }));
    expect(decision).toMatchObject({ effect: "ask", reasons, policy: "opa:one:two", isEnforced: true });
    expect(await decideWith(json({ result: ALLOW }))).toMatchObject({ effect: "allow", policy: "opa" });
    const listed = json({ result: ALLOW, provenance: { bundles: [{ revision: "one" }] } });
    expect(await decideWith(listed)).toMatchObject({ effect: "allow", policy: "opa" });
  });

  const faults: readonly (readonly [name: string, answer: Answer, rule: string])[] = [
    ["has no decision", json({}), "undefined"],
    ["answers something else", json({ result: true }), "malformed"],
    ["answers a list", json([]), "malformed"],
    ["answers null", json(null), "malformed"],
    ["fails", json({ result: ALLOW }, 500), "error"],
    ["sends somewhere else", (response) => void response.writeHead(302, { location: "/elsewhere" }).end(), "error"],
    ["answers no JSON", (response) => void response.end("allow"), "error"],
    ["breaks off", (response) => void response.socket?.destroy(), "error"],
    ["answers without end", json({ result: ALLOW, more: "x".repeat(100_000) }), "error"],
  ];
  for (const [name, one, rule] of faults) {
    it(`that ${name} denies`, async () => {
      const { effect, reasons } = await decideWith(one);
      expect([effect, reasons[0]?.rule]).toEqual(["deny", rule]);
    });
  }

  it("that nobody serves denies", async () => {
    const { effect, reasons } = await engineAt("http://127.0.0.1:1").decide(toolQuestion());
    expect([effect, reasons[0]?.rule]).toEqual(["deny", "error"]);
  });

  it("that does not answer in time denies", async () => {
    const hasPassed: number[] = [];
    const passing: Clock = { now: () => 0, sleep: async (ms) => void hasPassed.push(ms) };
    const { effect, reasons } = await decideWith(() => undefined, passing);
    expect([effect, reasons[0]?.rule, hasPassed]).toEqual(["deny", "timeout", [2_000]]);
  });

  it("on trial says what it would have decided, and enforces nothing", async () => {
    answer = json({ result: { ...ALLOW, effect: "deny" } });
    expect(await logOnly(engineAt()).decide(toolQuestion())).toMatchObject({ effect: "deny", isEnforced: false });
  });
});
