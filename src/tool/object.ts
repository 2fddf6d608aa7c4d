/**
 * The kill switch between a task's object and a tool's isolate: one invocation per call. When `run` returns, workerd
 * cancels whatever the isolate still does for it; a promise raced in the object would leave the isolate running.
 *
 * Nothing is granted here: no network, no bindings, no secrets. Imports `cloudflare:workers`, so it is not part of
 * `index.ts`, which must load in plain Node.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import { describeError, sha256Hex, systemClock } from "../platform/index.ts";
import { type Engine, loadEngine } from "./engine.ts";
import { ANSWER_LENGTH_MAX } from "./limits.ts";
import { raceAnswer } from "./race.ts";
import type { RunnerAnswer, RunnerCall, ToolRunnerProps } from "./runner.ts";

/** Bindings this entrypoint uses; it sees the others and passes none on. */
type Bindings = { readonly LOADER: WorkerLoader; readonly ASSETS: Fetcher };

const COMPATIBILITY_DATE = "2026-10-20";

type IsolateEntrypoint = { run(requestJson: string): Promise<unknown> };

export class ToolRunner extends WorkerEntrypoint<Bindings, ToolRunnerProps> {
  /**
   * @param cancelled a call back to the caller, which settles it when the answer is no longer wanted, and also when it
   * has the answer: an open call back keeps this invocation alive, and with it the isolate (tried: timers in the
   * isolate went on). A caller that dies settles it too.
   */
  async run(call: RunnerCall, cancelled: () => Promise<void>): Promise<RunnerAnswer> {
    const finish = await raceAnswer(this.#answer(call), {
      timeoutMs: call.timeoutMs,
      sleep: systemClock.sleep,
      cancelled: cancelled(),
    });
    switch (finish.kind) {
      case "answer":
        return finish.value;
      case "failed":
        return { kind: "failed" };
      case "timeout":
      case "cancelled":
        return { kind: finish.kind };
    }
  }

  /** Rejects with whatever the isolate threw. */
  async #answer(call: RunnerCall): Promise<RunnerAnswer> {
    let engine: Engine;
    try {
      engine = await loadEngine(this.env.ASSETS, call.engine);
    } catch (thrown) {
      // Kept apart from what an isolate throws: this is ours, and fit for the log.
      return { kind: "unavailable", message: describeError(thrown) };
    }
    const entrypoint = await this.#isolate(engine, call);
    const answer = await entrypoint.run(call.requestJson);
    if (typeof answer !== "string") return { kind: "failed" };
    return answer.length > ANSWER_LENGTH_MAX ? { kind: "too_large" } : { kind: "answer", json: answer };
  }

  async #isolate(engine: Engine, call: RunnerCall): Promise<IsolateEntrypoint> {
    const limits = { cpuMs: call.cpuMs, subRequests: 0 };
    const id = await isolateId({ tenant: this.ctx.props.tenant, engine, policyDigest: call.policyDigest });
    const stub = this.env.LOADER.get(id, async () => ({
      compatibilityDate: COMPATIBILITY_DATE,
      mainModule: engine.mainModule,
      modules: { ...engine.modules, ...(await engine.loadLarge?.()) },
      env: {},
      // Left out, the isolate would inherit this Worker's network.
      globalOutbound: null,
      limits,
    }));
    // A cast, because what runs there is known to be one of our workers by its digest, not by its type.
    return stub.getEntrypoint(undefined, { limits }) as unknown as IsolateEntrypoint;
  }
}

/**
 * Never fresh per call: each new id is billed by the day. The tenant is readable in it and holds no `/`, so two
 * tenants cannot meet whatever the digests are.
 */
export async function isolateId(parts: {
  readonly tenant: string;
  readonly engine: Pick<Engine, "digest">;
  readonly policyDigest: string;
}): Promise<string> {
  return `${parts.tenant}/${await sha256Hex(`${parts.engine.digest}/${parts.policyDigest}`)}`;
}
