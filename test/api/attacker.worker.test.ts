/**
 * An attacker with a valid key of another tenant, against everything of a tenant whose tasks are done, running and held:
 * each route with a parameter, each stream, each RPC in each protocol, then a thousand seeded operations that mix them. The
 * routes are read from the table that is served, so a new one is attacked as soon as it stands there.
 */
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { beforeAll, describe, expect, it } from "vitest";
import type { Route } from "../../src/api/route.ts";
import { ROUTES } from "../../src/api/routes.ts";
import { AgentService } from "../../src/gen/proto/vasini/agent/v1/agent_pb.js";
import { assert } from "../../src/platform/index.ts";
import { type Ask, newKey, ORIGIN } from "./gateway.ts";
import { askAs, isolate, makeKey, makeTenant } from "./guarded.ts";
import { type Attacker, attack } from "./random-attack.ts";
import { BODIES, CANARY, MAKERS, makeVictim, NEVER, RECIPES, type Victim } from "./victim.ts";

const parametersOf = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
const POINTED = ROUTES.filter(({ path }) => path.includes("{"));
const LISTS = ROUTES.filter(
  ({ path, method, audience }) => !path.includes("{") && method === "GET" && audience !== "open",
);

let victim: Victim;
let attacker: Attacker;
/** What the victim sees of itself, before anybody tried anything. */
let before: Readonly<Record<string, string>>;

beforeAll(async () => {
  victim = await makeVictim();
  const tenant = await makeTenant("rival");
  attacker = { tenant, key: (await makeKey(tenant, ["admin"])).key };
  before = await selfView();
});

/** What differs between two readings of the same, by itself or by the reading. */
const VOLATILE = /"(?:last_used_at|signed_at|signature)":[^,}]*/g;

/** Everything the victim can read, without that. */
async function selfView(): Promise<Readonly<Record<string, string>>> {
  const view: Record<string, string> = {};
  const paths = [
    ...LISTS.map(({ path }) => path),
    ...POINTED.filter(({ method }) => method === "GET").flatMap(targets),
  ];
  for (const path of paths) {
    const response = await askAs(victim.key, path, { headers: { accept: "application/json", "x-request-id": "self" } });
    view[path] = `${response.status} ${(await response.text()).replaceAll(VOLATILE, "")}`;
  }
  return view;
}

/** The route's path with each of the victim's things in it. */
function targets({ path }: Pick<Route, "path">): string[] {
  let paths = [path];
  for (const parameter of parametersOf(path)) {
    const things = victim.things[parameter] ?? [];
    paths = paths.flatMap((one) => things.map((thing) => one.replace(`{${parameter}}`, thing)));
  }
  return paths;
}

const neverPath = ({ path }: Pick<Route, "path">): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => NEVER[name] ?? "");

/** Status, body and headers, without the ids that were asked for and without what differs between any two answers. */
async function bytesOf(route: Route, path: string, ask: Ask): Promise<string> {
  const body = BODIES[route.operation];
  const response = await askAs(attacker.key, path, {
    method: route.method,
    ...(body === undefined ? {} : { body }),
    ...(route.needsKey ? { key: newKey() } : {}),
    ...ask,
    headers: { "x-request-id": "the-same", ...ask.headers },
  });
  const kept = [...response.headers].filter(([name]) => !/^(?:traceparent|ratelimit|retry-after|date)$/.test(name));
  let text = `${response.status}\n${await response.text()}\n${JSON.stringify(kept)}`;
  for (const [parameter, never] of Object.entries(NEVER)) {
    for (const id of [never, ...(victim.things[parameter] ?? [])]) text = text.replaceAll(id, `<${parameter}>`);
  }
  return text;
}

type Way = { readonly name: string; readonly headers?: Record<string, string>; readonly query?: string };
const STREAM = { accept: "text/event-stream" };
const WAYS: readonly Way[] = [
  { name: "as it is" },
  { name: "as a page", headers: { accept: "application/json" }, query: "?after=1&limit=1" },
  { name: "as a stream, resumed", headers: { ...STREAM, "last-event-id": "1" } },
  { name: "as a stream from far ahead", headers: STREAM, query: "?after=999999" },
  { name: "with another method's name in a header", headers: { "x-http-method-override": "GET" } },
];

describe("the recipes", () => {
  it("make the victim's object for every parameter of a path", () => {
    const named = [...new Set(POINTED.flatMap(({ path }) => parametersOf(path)))].sort();
    expect(Object.keys(RECIPES).sort()).toEqual(named);
    expect(Object.keys(NEVER).sort()).toEqual(named);
  });

  it("have a body for every such path that takes one", () => {
    const operations = POINTED.filter(({ body }) => body !== null).map(({ operation }) => operation);
    expect(Object.keys(BODIES).sort()).toEqual(operations.sort());
  });
});

/** A query that the route does not read is refused before anything is looked for. */
const isRead = ({ query: shape }: Route, query: string): boolean =>
  !shape || shape().safeParse(Object.fromEntries(new URLSearchParams(query))).success;

const FINDERS = POINTED.filter(({ operation }) => !MAKERS.includes(operation));

describe.each(FINDERS.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", (_name, route) => {
  it.each(WAYS)(
    "finds nothing of the victim $name, in the bytes of what never was",
    async ({ headers, query = "" }) => {
      for (const own of [{}, { "x-tenant-id": attacker.tenant }]) {
        const ask = { headers: { ...headers, ...own } };
        const gone = await bytesOf(route, neverPath(route) + query, ask);
        expect(gone).toMatch(isRead(route, query) ? /^404\n/ : /^400\n/);
        const paths = targets(route);
        expect(paths.length).toBeGreaterThan(0);
        for (const path of paths) expect(await bytesOf(route, path + query, ask)).toBe(gone);
      }
    },
  );

  it("finds nothing by HEAD either", async () => {
    if (route.method !== "GET") return;
    const gone = await bytesOf(route, neverPath(route), { method: "HEAD" });
    expect(gone).toMatch(/^404\n/);
    for (const path of targets(route)) expect(await bytesOf(route, path, { method: "HEAD" })).toBe(gone);
  });
});

describe.each(
  POINTED.filter(({ operation }) => MAKERS.includes(operation)).map((route) => [route.path, route] as const),
)("PUT %s", (path, route) => {
  it("makes the attacker's own, under the victim's name as under one that never was", async () => {
    const made = async (at: string): Promise<string> => {
      const [first, second] = [await bytesOf(route, at, {}), await bytesOf(route, at, {})];
      await askAs(attacker.key, at, { method: "DELETE" });
      return `${first}\n${second}`.replaceAll(/"\w+_at":"[^"]+"/g, "<time>");
    };
    const never = await made(neverPath(route));
    expect(never).toMatch(/^201\n.*^200\n/ms);
    for (const target of targets({ path })) expect(await made(target)).toBe(never);
  });
});

describe.each(LISTS.map(({ path }) => [path] as const))("the attacker's own %s", (path) => {
  it("holds nothing of the victim, whatever cursor or filter is sent", async () => {
    const theirs = await (await askAs(victim.key, `${path}?limit=1`)).text();
    const cursor = /"next_cursor":"([^"]+)"/.exec(theirs)?.[1] ?? "bm9uZQ";
    for (const query of ["", `?cursor=${cursor}`, `?tenant_id=${victim.tenant}`, `?limit=100&after=0`]) {
      const response = await askAs(attacker.key, path + query);
      expect(response.status).toBeLessThan(500);
      const text = await response.text();
      for (const secret of [CANARY, victim.tenant, ...Object.values(victim.things).flat()]) {
        expect(text).not.toContain(secret);
      }
    }
  });
});

const fetchAs = (credential: string): typeof fetch =>
  ((input: RequestInfo, init?: RequestInit) => {
    // The browser client sets members of fetch that only browsers have.
    const { method, headers, body, signal } = init ?? {};
    const request = new Request(String(input), { method, headers, body, signal } as RequestInit);
    request.headers.set("authorization", `Bearer ${credential}`);
    return isolate(request);
  }) as typeof fetch;

const PROTOCOLS: readonly (readonly [name: string, transport: (fetch: typeof globalThis.fetch) => Transport])[] = [
  false,
  true,
].flatMap((useBinaryFormat) => {
  const form = useBinaryFormat ? "binary" : "JSON";
  const options = { baseUrl: ORIGIN, useBinaryFormat };
  return [
    [`Connect ${form}`, (fetch) => createConnectTransport({ ...options, fetch })],
    [`gRPC-Web ${form}`, (fetch) => createGrpcWebTransport({ ...options, fetch })],
  ] as const;
});

type Agent = Client<typeof AgentService>;

/** By method; a new method does not compile without its row. */
const CALLS: Readonly<
  Record<
    keyof typeof AgentService.method,
    { readonly parameter: string; readonly ask: (client: Agent, thing: string) => Promise<unknown> }
  >
> = {
  runAgent: {
    parameter: "packId",
    ask: async (client, packId) => {
      const cases: string[] = [];
      const message = { packId, input: "Hello", idempotencyKey: newKey() };
      for await (const { payload } of client.runAgent(message)) cases.push(payload.case ?? "none");
      return cases;
    },
  },
  getAgentStatus: { parameter: "taskId", ask: (client, taskId) => client.getAgentStatus({ taskId }) },
  cancelAgent: { parameter: "taskId", ask: (client, taskId) => client.cancelAgent({ taskId }) },
};

async function toldOf(asked: Promise<unknown>, thing: string): Promise<string> {
  const outcome = await asked.catch((thrown: unknown) => thrown);
  assert(outcome instanceof ConnectError, `the call did not fail: ${JSON.stringify(outcome)}`);
  expect(outcome.code).toBe(Code.NotFound);
  const metadata = [...outcome.metadata].filter(([name]) => /^(?:tenant|task|agent)_id$/.test(name));
  return JSON.stringify([outcome.rawMessage, outcome.details, metadata]).replaceAll(thing, "<thing>");
}

describe.each(PROTOCOLS)("over %s", (_name, transport) => {
  it.each(Object.keys(CALLS))("%s finds nothing of the victim, in the words for what never was", async (method) => {
    const row = Object.entries(CALLS).find(([name]) => name === method)?.[1];
    assert(row !== undefined, "it is a row");
    const client = createClient(AgentService, transport(fetchAs(attacker.key)));
    const never = NEVER[row.parameter] ?? "";
    const gone = await toldOf(row.ask(client, never), never);
    for (const thing of victim.things[row.parameter] ?? []) {
      expect(await toldOf(row.ask(client, thing), thing)).toBe(gone);
    }
  });
});

/** Tools of the MCP server that take a name of something, and the parameter it is. */
const TOOLS = [
  ["get_task", "taskId"],
  ["cancel_task", "taskId"],
] as const;

async function toolAnswer(name: string, args: Record<string, string>): Promise<string> {
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } };
  const headers = { accept: "application/json, text/event-stream", "x-request-id": "the-same" };
  return (await askAs(attacker.key, "/mcp", { body, headers })).text();
}

describe("over MCP", () => {
  it.each(TOOLS)("%s finds nothing of the victim, in the words for what never was", async (tool, parameter) => {
    const never = NEVER[parameter] ?? "";
    const gone = (await toolAnswer(tool, { task_id: never })).replaceAll(never, "<thing>");
    expect(gone).toContain("TASK_NOT_FOUND");
    for (const thing of victim.things[parameter] ?? []) {
      expect((await toolAnswer(tool, { task_id: thing })).replaceAll(thing, "<thing>")).toBe(gone);
    }
  });

  it("the victim's packs are no tools of the attacker's", async () => {
    const never = NEVER.packId ?? "";
    const gone = (await toolAnswer(never, { input: "Hello" })).replaceAll(never, "<thing>");
    for (const pack of victim.things.packId ?? []) {
      const answer = (await toolAnswer(pack, { input: "Hello" })).replaceAll(pack, "<thing>");
      // A new idempotency key is told with each refusal, where there is one.
      expect(answer.replaceAll(/[0-9a-f-]{36}/g, "<id>")).toBe(gone.replaceAll(/[0-9a-f-]{36}/g, "<id>"));
    }
  });
});

describe("a thousand operations by chance", () => {
  it("show nothing of the victim, reach nothing of it, and break nothing", async () => {
    const rivals = await Promise.all(
      Array.from({ length: 4 }, async (): Promise<Attacker> => {
        const tenant = await makeTenant("rival");
        return { tenant, key: (await makeKey(tenant, ["admin"])).key };
      }),
    );
    const breaches = await attack({ victim, rivals, seed: 20_261_126, operations: 1_000 });
    expect(breaches).toEqual([]);
  });
});

describe("after all of it", () => {
  it("the victim sees what it saw before, byte for byte", async () => {
    expect(await selfView()).toEqual(before);
  });
});
