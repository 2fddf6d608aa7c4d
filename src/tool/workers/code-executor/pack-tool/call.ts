/**
 * One call of a pack's own tool: arguments in, its result, file changes and console out. The tool runs in the engine
 * like code that a model wrote, so its loops, its memory and its expressions end within the call's limits.
 */
import type { ToolErrorCode, WorkerRequest, WorkerResponse } from "../../../contract.ts";
import type { Image } from "../../image.ts";
import { FETCHES_PENDING_MAX, STACK_BYTES_MAX } from "../../limits.ts";
import { Workspace, workingFolder } from "../../workspace.ts";
import { Budget, OutOfTime, type Pace } from "../budget.ts";
import { Engine } from "../engine.ts";
import { answerFileOperation } from "../files.ts";
import { Output } from "../output.ts";
import { findLoaded, load, type Tool } from "./loaded.ts";
import type { OutboundAnswer, OutboundRequest, ToolFacts } from "./protocol.ts";
import { TOOL_HOOKS } from "./protocol.ts";

/** What the isolate was loaded with. */
export type Parts = {
  /** The metered engine. */
  readonly wasm: WebAssembly.Module;
  /** The engine with guest/index.ts loaded in it. */
  readonly image: Image;
  /** The tool, as a script. */
  readonly bundle: string;
  readonly pace: Pace;
  readonly randomBytes: (into: Uint8Array) => void;
  readonly send: (request: OutboundRequest) => Promise<OutboundAnswer>;
};

type ToolError = { readonly code: ToolErrorCode; readonly message: string };

export async function callTool(request: WorkerRequest, parts: Parts): Promise<WorkerResponse> {
  const call = new ToolCall(request, parts);
  const error = await call.run().catch((thrown: unknown) => toError(thrown, request.timeoutMs));
  return call.answer(error);
}

/** How the engine itself says that a limit was reached. */
function toError(thrown: unknown, timeoutMs: number): ToolError {
  if (thrown instanceof OutOfTime) {
    return { code: "TOOL_TIMEOUT", message: `the tool was stopped: it ran longer than ${timeoutMs} ms` };
  }
  const isFull = thrown instanceof RangeError || thrown instanceof WebAssembly.RuntimeError;
  if (isFull) return { code: "TOOL_LIMIT", message: `the tool's engine stopped: ${thrown.message}` };
  throw thrown;
}

class ToolCall {
  readonly #request: WorkerRequest;
  readonly #parts: Parts;
  readonly #workspace: Workspace;
  readonly #budget: Budget;
  readonly #console = new Output();
  #settled: { readonly kind: "value" | "error"; readonly json: string } | null = null;
  /** Answers that the engine was not told of yet, by the id of their request. */
  readonly #arrived: { readonly id: string; readonly answer: OutboundAnswer }[] = [];
  #pending = 0;
  #lastRequest = 0;
  #onArrival = Promise.withResolvers<void>();

  constructor(request: WorkerRequest, parts: Parts) {
    this.#request = request;
    this.#parts = parts;
    this.#workspace = new Workspace(request);
    this.#budget = new Budget(parts.pace, request.timeoutMs);
  }

  /** Null when the tool has settled. */
  async run(): Promise<ToolError | null> {
    const { wasm, image, bundle, randomBytes } = this.#parts;
    const { memoryBytes } = this.#request;
    const tool = { image, bundle, memoryBytes };
    const loaded = findLoaded(tool);
    const hooks = Object.values(TOOL_HOOKS);
    const limits = { memoryBytes, stackBytes: STACK_BYTES_MAX, tick: this.#budget.tick };
    const host = (operation = "", first = "", second = "") => this.#answer(operation, first, second);
    const start = { wasm, image: loaded ?? image, hooks, randomBytes, ...limits };
    return Engine.resume(start, [host], (engine) => this.#callIn(engine, loaded === null ? tool : null));
  }

  /** @param tool null when the engine has it in it. */
  async #callIn(engine: Engine, tool: Tool | null): Promise<ToolError | null> {
    const isLoaded = tool === null || (await load(engine, tool));
    if (!isLoaded) return { code: "TOOL_FAILED", message: "the tool failed while it was loaded" };
    await engine.call(engine.hook(TOOL_HOOKS.begin), [engine.text(JSON.stringify(this.#facts()))]);
    return this.#drain(engine);
  }

  answer(error: ToolError | null): WorkerResponse {
    const console = this.#console.toString();
    if (error !== null) return { ok: false, error, wasStopped: true, console };
    // What was settled is our own script's JSON, unless the tool broke that script: then it is no JSON, and says so.
    const value: unknown = JSON.parse(this.#settled?.json ?? "null");
    if (this.#settled?.kind === "value")
      return { ok: true, result: value, changes: this.#workspace.changes(), console };
    return { ok: false, error: value as ToolError, console }; // the host checks every part of it
  }

  #facts(): ToolFacts {
    const { arguments: args, key, traceparent } = this.#request;
    return { arguments: args, key, traceparent, cwd: workingFolder(this.#request) };
  }

  /** Runs jobs, timers and arrivals until the tool has settled, or nothing is left that could make it. */
  async #drain(engine: Engine): Promise<ToolError | null> {
    const [arrive, fire] = [engine.hook(TOOL_HOOKS.arrive), engine.hook(TOOL_HOOKS.fire)];
    for (;;) {
      await engine.runJobs();
      if (this.#settled !== null) return null;
      const next = this.#arrived.shift();
      if (next !== undefined) {
        await engine.call(arrive, [engine.text(next.id), engine.text(JSON.stringify(next.answer))]);
        continue;
      }
      const timer = await engine.call(fire, []);
      const ms = timer.ok ? engine.numberOf(timer.value) : -1;
      if (ms < 0 && this.#pending === 0) {
        if (engine.isFull()) return { code: "TOOL_LIMIT", message: "out of memory" };
        return { code: "TOOL_FAILED", message: "the tool never came back: it waits for something that cannot happen" };
      }
      if (ms !== 0) await this.#wait(ms < 0 ? Number.MAX_SAFE_INTEGER : ms);
    }
  }

  /** Until a request is answered, the time is over, or the call's is. */
  async #wait(ms: number): Promise<void> {
    const waited = this.#budget.wait(ms);
    waited.catch(() => undefined); // when an answer came first, nobody listens any more
    await Promise.race([waited, this.#onArrival.promise]);
    this.#onArrival = Promise.withResolvers<void>();
  }

  #answer(operation: string, first: string, second: string): string {
    switch (operation) {
      case "out":
        this.#console.write(first);
        return "=";
      case "now":
        return `=${this.#parts.pace.now()}`;
      case "fetch":
        return this.#send(first);
      case "settled":
        this.#settled ??= { kind: first === "value" ? "value" : "error", json: second };
        return "=";
      default:
        return answerFileOperation(this.#workspace, operation, first, second) ?? `!EINVAL\n${operation}`;
    }
  }

  #send(requestJson: string): string {
    if (this.#pending >= FETCHES_PENDING_MAX) return `!EFBIG\nmore than ${FETCHES_PENDING_MAX} requests are waiting`;
    const request: OutboundRequest = JSON.parse(requestJson);
    const id = String(++this.#lastRequest);
    this.#pending++;
    // A rejection is a fault of ours: the tool hears of a failed request, and the call comes to an end.
    const failed = (): OutboundAnswer => ({ ok: false, code: "TOOL_FAILED", message: "the request failed" });
    void this.#parts
      .send(request)
      .catch(failed)
      .then((answer) => {
        this.#pending--;
        this.#arrived.push({ id, answer });
        this.#onArrival.resolve();
      });
    return `=${id}`;
  }
}
