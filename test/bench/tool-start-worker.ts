/** The Worker under measurement: the real way to a tool's isolate, and a bare dynamic worker beside it. */
import type { RunnerStub, ToolRunnerProps } from "../../src/tool/index.ts";
import type { RunnerCall } from "../../src/tool/runner.ts";

export { ToolRunner } from "../../src/tool/object.ts";

/** What a request asks for. `isolate` names it: a name that was there before is a warm start. */
export type Measured = {
  readonly isolate: string;
  readonly call: Pick<RunnerCall, "engine" | "requestJson" | "code"> | null;
};

type Bindings = { readonly LOADER: WorkerLoader };
type Exports = { readonly ToolRunner: (options: { readonly props: ToolRunnerProps }) => RunnerStub };

const BARE = `
import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint { run() { return "{}"; } }`;

async function runBare(loader: WorkerLoader, isolate: string): Promise<string> {
  const code = { mainModule: "index.js", modules: { "index.js": BARE }, env: {}, globalOutbound: null };
  const stub = loader.get(isolate, () => ({ compatibilityDate: "2026-10-20", ...code }));
  // A cast, because the code above is what runs there.
  const entrypoint = stub.getEntrypoint() as unknown as { run(): Promise<string> };
  return entrypoint.run();
}

async function runTool(runner: Exports["ToolRunner"], isolate: string, call: NonNullable<Measured["call"]>) {
  const props = { tenant: "bench", taskId: "bench", toolId: "code_executor" };
  const over = Promise.withResolvers<void>();
  const whole: RunnerCall = { ...call, policyDigest: isolate, timeoutMs: 60_000, cpuMs: 60_000 };
  try {
    return await runner({ props }).run(whole, () => over.promise);
  } finally {
    over.resolve();
  }
}

export default {
  async fetch(request: Request, env: Bindings, ctx: ExecutionContext): Promise<Response> {
    const { isolate, call } = await request.json<Measured>();
    if (call === null) return Response.json(await runBare(env.LOADER, isolate));
    // A cast, because the runtime makes it of this module's exports.
    const { ToolRunner } = Reflect.get(ctx, "exports") as Exports;
    return Response.json(await runTool(ToolRunner, isolate, call));
  },
};
