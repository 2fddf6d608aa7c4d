/**
 * The Worker as it is uploaded, in the real runtime: the modules of the production build with every binding of
 * wrangler.toml, and without Wrangler around them. In memory, on loopback, ended by `stop`.
 */
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { MAIN_MODULE, type WorkerBundle } from "../../scripts/worker-bundle.ts";

const ROOT = join(import.meta.dirname, "../..");
const ADMIN_API_KEY = "key-of-the-operator";
const TENANT = "tenant-123";
const TYPES = { script: "ESModule", wasm: "CompiledWasm" } as const;

export type Ask = { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };

export type Production = {
  readonly url: string;
  /** GET without a body, POST of JSON with one, as a tenant in development. */
  readonly ask: (path: string, ask?: Ask) => Promise<Response>;
  /** Publishes for everybody. @throws Error when it is refused. */
  readonly publish: (pack: string, files: Readonly<Record<string, string>>) => Promise<void>;
  /** The id of an accepted task. @throws Error when it is not accepted. */
  readonly run: (pack: string, body: Readonly<Record<string, unknown>>, tenant?: string) => Promise<string>;
  /** The task's events as they come. */
  readonly follow: (taskId: string, tenant?: string) => Promise<Response>;
  /** The task as it is now. */
  readonly look: (taskId: string, tenant?: string) => Promise<Readonly<Record<string, unknown>>>;
  /** The task's events to its end, and the task. */
  readonly finish: (
    taskId: string,
    tenant?: string,
  ) => Promise<{ readonly events: string; readonly task: Readonly<Record<string, unknown>> }>;
  stop(): Promise<void>;
};

/** @param options.onLog each line that the Worker writes. */
export async function startProduction(
  bundle: WorkerBundle,
  options: { readonly variables: Readonly<Record<string, string>>; readonly onLog?: (text: string) => void },
): Promise<Production> {
  const runtime = new Miniflare(toOptions(bundle, options));
  const url = String(await runtime.ready).replace(/\/$/, "");
  const ask: Production["ask"] = (path, { body, headers } = {}) =>
    fetch(url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json", "x-tenant-id": TENANT, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const follow: Production["follow"] = (taskId, tenant = TENANT) =>
    ask(`/api/v1/tasks/${taskId}/events`, { headers: { accept: "text/event-stream", "x-tenant-id": tenant } });
  const look: Production["look"] = async (taskId, tenant = TENANT) =>
    Object(await (await ask(`/api/v1/tasks/${taskId}`, { headers: { "x-tenant-id": tenant } })).json());
  return {
    url,
    ask,
    publish: async (pack, files) => {
      const body = { pack, files };
      const response = await fetch(`${url}/api/v1/packs`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${ADMIN_API_KEY}` },
        body: JSON.stringify(body),
      });
      const answer = await response.text();
      if (!response.ok) throw new Error(`${pack} was not published: ${answer}`);
    },
    run: async (pack, body, tenant = TENANT) => {
      const headers = { "x-idempotency-key": crypto.randomUUID(), "x-tenant-id": tenant };
      const response = await ask(`/api/v1/agents/${pack}/run`, { body, headers });
      const answer = await response.json();
      if (response.status !== 202) throw new Error(`not accepted: ${JSON.stringify(answer)}`);
      return String(Reflect.get(Object(answer), "task_id"));
    },
    follow,
    look,
    finish: async (taskId, tenant = TENANT) => {
      const events = await (await follow(taskId, tenant)).text();
      return { events, task: await look(taskId, tenant) };
    },
    stop: () => runtime.dispose(),
  };
}

function toOptions({ modules }: WorkerBundle, options: Parameters<typeof startProduction>[1]) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, "wrangler.toml"));
  const { modulesRules: _, ...bindings } = workerOptions;
  const onLog = options.onLog ?? (() => undefined);
  return convertV4MiniflareOptions({
    ...bindings,
    host: "127.0.0.1",
    modulesRoot: "/",
    modules: modules
      .toSorted((a, b) => Number(b.name === MAIN_MODULE) - Number(a.name === MAIN_MODULE))
      .map(({ kind, name, content }) => ({ type: TYPES[kind], path: `/${name}`, contents: content })),
    bindings: { ENVIRONMENT: "development", ADMIN_API_KEY, ...options.variables },
    handleStructuredLogs: ({ message }: { readonly message: string }) => onLog(message),
  });
}
