/** The whole Worker through its front door, and the same door with one thing behind it changed. */
import { env as bindings, createExecutionContext, SELF } from "cloudflare:test";
import type { ApiDeps } from "../../src/api/index.ts";
import type { Bindings } from "../../src/bindings.ts";
import { assert } from "../../src/platform/index.ts";
import { apiDeps, configOf, createApi } from "../../src/wire.ts";

export const ORIGIN = "http://localhost:8787";
export const TENANT = "tenant-123";
export const env = bindings as unknown as Bindings; // the bindings of wrangler.toml, by their own type

export type Fetch = (request: Request) => Promise<Response>;

export const worker: Fetch = (request) => SELF.fetch(request);

/** The door over the real rooms, but for what `change` replaces. */
export function workerWith(change: (deps: ApiDeps) => Partial<ApiDeps>): Fetch {
  const config = configOf(env);
  assert(config.ok, "the test configuration is valid");
  const deps = apiDeps(env, config.value);
  const api = createApi({ ...deps, ...change(deps) });
  return (request) => api(request, createExecutionContext());
}

export type Ask = {
  readonly method?: string;
  readonly body?: unknown;
  readonly tenant?: string | null;
  readonly key?: string;
  readonly headers?: Record<string, string>;
  readonly via?: Fetch;
};

/** One call; JSON goes out, the response comes back as it is. */
export function ask(path: string, options: Ask = {}): Promise<Response> {
  const { body, tenant = TENANT, key, headers, via = worker } = options;
  const method = options.method ?? (body === undefined ? "GET" : "POST");
  const request = new Request(`${ORIGIN}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(tenant === null ? {} : { "x-tenant-id": tenant }),
      ...(key === undefined ? {} : { "x-idempotency-key": key }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return via(request);
}

export type Json = { readonly [member: string]: unknown };

/** Status and JSON body, for one assertion about both. */
export async function answerOf(asked: Promise<Response>): Promise<{ status: number; body: Json }> {
  const response = await asked;
  return { status: response.status, body: await response.json<Json>() };
}

let keys = 0;
export const newKey = (): string => `key-${++keys}-${crypto.randomUUID()}`;

export type Manifest = { readonly version?: string; readonly goal?: string; readonly more?: string };

export const manifest = (id: string, options: Manifest = {}): string => `
schema_version: "1.0"
pack_id: "${id}"
version: "${options.version ?? "1.0.0"}"
risk_level: "low"
author: { name: "Tests" }
role:
  title: "Tester"
  domain: "Testing"
  seniority: "senior"
  goal: { primary: "${options.goal ?? "Try things"}" }
${options.more ?? ""}`;

const ADMIN = { authorization: "Bearer test-admin-key" };

/** Publishes for everybody, as the operator does. */
export const publishShared = (id: string, options: Manifest = {}): Promise<Response> =>
  ask("/api/v1/packs", {
    tenant: null,
    headers: ADMIN,
    body: { pack: id, files: { [`${id}/profession-pack.yaml`]: manifest(id, options) } },
  });

export const run = (input: string, options: Ask & { readonly pack?: string; readonly more?: Json } = {}) =>
  ask(`/api/v1/agents/${options.pack ?? "tester"}/run`, {
    key: newKey(),
    ...options,
    body: { input, ...options.more },
  });

/** The id of an accepted task. */
export async function accept(input: string, options: Parameters<typeof run>[1] = {}): Promise<string> {
  const { status, body } = await answerOf(run(input, options));
  assert(status === 202 && typeof body.task_id === "string", `not accepted: ${JSON.stringify(body)}`);
  return body.task_id;
}

export const follow = (taskId: string, options: Ask & { readonly after?: number } = {}): Promise<Response> =>
  ask(`/api/v1/tasks/${taskId}/events`, {
    ...options,
    headers: {
      accept: "text/event-stream",
      ...(options.after === undefined ? {} : { "last-event-id": String(options.after) }),
      ...options.headers,
    },
  });

/** Frames of an event stream to its end, heartbeats left out. */
export async function framesOf(asked: Promise<Response>): Promise<string[]> {
  const text = await (await asked).text();
  return text.split("\n\n").filter((frame) => frame !== "" && !frame.startsWith(":"));
}

export const typeOf = (frame: string): string => /^event: (.*)$/m.exec(frame)?.[1] ?? "";
export const seqOf = (frame: string): number => Number(/^id: (\d+)$/m.exec(frame)?.[1]);

/** The whole task, once its stream has ended. */
export async function finished(taskId: string, options: Ask = {}): Promise<Json> {
  await framesOf(follow(taskId, options));
  return (await answerOf(ask(`/api/v1/tasks/${taskId}`, options))).body;
}
