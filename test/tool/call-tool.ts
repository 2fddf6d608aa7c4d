/** Single calls of tools over real isolates, as a task's object makes them. */
import { env, exports } from "cloudflare:workers";
import { vi } from "vitest";
import { createLog, systemClock } from "../../src/platform/index.ts";
import {
  collectTools,
  compileCatalog,
  createRunners,
  createToolHost,
  type IsolateBindings,
  type RunnerFor,
  type RunnerStub,
  type ToolCallRequest,
  type ToolFile,
  type ToolRunnerProps,
} from "../../src/tool/index.ts";
import { composeConfig, SCOPED, tool, tools } from "./samples.ts";

// By reflection, because the types of the exports are those of the generated Worker, not of this test's view.
export const gatedRunner = (props: ToolRunnerProps): RunnerStub => Reflect.get(exports, "ToolRunner")({ props });

/** As in production. The bindings are those of wrangler.toml. */
export const runnerFor = createRunners(env as unknown as IsolateBindings, gatedRunner, systemClock);

/** The time of a call, `ms`, is over once the network was asked, and no sooner. Until mocks are restored. */
export function endOnceAsked(ms: number): void {
  let isAsked = false;
  const [network, sleep] = [globalThis.fetch, systemClock.sleep];
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    isAsked = true;
    return network(input, init);
  });
  vi.spyOn(systemClock, "sleep").mockImplementation(async (given, signal) => {
    if (given !== ms) return sleep(given, signal);
    // Looked at, for a promise that another invocation settles is not heard.
    while (!isAsked) await sleep(1, signal);
  });
}

export const LANGUAGES = ["javascript", "typescript", "python", "bash"] as const;
export type Language = (typeof LANGUAGES)[number];

export type CallOptions = {
  readonly files?: readonly ToolFile[];
  readonly tenant?: string;
  readonly sandbox?: string;
  readonly signal?: AbortSignal;
  readonly runnerFor?: RunnerFor;
};

/** One file in the scope of the call and one outside of it. */
export const FILES: readonly ToolFile[] = [
  { path: "/workspace/a.txt", text: "mine" },
  { path: "/data/secret.txt", text: "the-secret" },
];

export async function callTool(toolId: string, args: object, options: CallOptions = {}) {
  const { files = [], tenant = "tenant-123", sandbox = `timeout: "120s", ${SCOPED}` } = options;
  const { signal = new AbortController().signal } = options;
  const config = await composeConfig(tools([tool(toolId, sandbox)]));
  const log = createLog({}, () => undefined);
  const had = collectTools(config);
  const ports = { runnerFor, ...options, clock: systemClock, log };
  const host = createToolHost({ tools: had, catalog: compileCatalog(had), ...ports });
  const request: ToolCallRequest = {
    ...{ tenant, taskId: "task-1", toolId, arguments: { ...args }, key: "key-1", files: () => files },
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  const outcome = await host.execute(request, signal);
  return { ...outcome, result: JSON.parse(outcome.resultJson) };
}

export const runCode = (language: Language, code: string, options: CallOptions = {}) =>
  callTool("code_executor", { language, code }, options);
