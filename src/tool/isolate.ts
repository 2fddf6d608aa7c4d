/** The isolate of a call: which one it is, its code, and what of its answer is believed at all. */
import { describeError, sha256Hex } from "../platform/index.ts";
import { type Engine, loadEngine } from "./engine.ts";
import { ANSWER_LENGTH_MAX, DIGESTS_KEPT_MAX, EGRESS_REQUESTS_MAX } from "./limits.ts";
import { withPackCode } from "./pack-code.ts";
import type { RunnerAnswer, RunnerCall } from "./runner.ts";

/** What it takes to have one; it is handed none of these. */
export type IsolateBindings = {
  readonly LOADER: WorkerLoader;
  readonly ASSETS: Fetcher;
  readonly PACKS: R2Bucket;
};

const COMPATIBILITY_DATE = "2026-10-20";
/** A worker is told when its request is taken back. */
const COMPATIBILITY_FLAGS = ["enable_request_signal"];

/**
 * An isolate has no network, no bindings and no secrets.
 * @param ask hands it the call, and resolves with what it says.
 * @returns rejects with whatever the isolate threw, or `ask`.
 */
export async function askIsolate(
  bindings: IsolateBindings,
  tenant: string,
  call: RunnerCall,
  ask: (entrypoint: Fetcher) => Promise<unknown>,
): Promise<RunnerAnswer> {
  let engine: Engine;
  try {
    engine = await loadEngine(bindings.ASSETS, call.engine);
    if (call.code !== undefined) engine = await withPackCode(engine, call.code, bindings.PACKS);
  } catch (thrown) {
    // Kept apart from what an isolate throws: this is ours, and fit for the log.
    return { kind: "unavailable", message: describeError(thrown) };
  }
  const answer = await ask(await entrypointOf(bindings.LOADER, tenant, engine, call));
  if (typeof answer !== "string") return { kind: "failed" };
  return answer.length > ANSWER_LENGTH_MAX ? { kind: "too_large" } : { kind: "answer", json: answer };
}

async function entrypointOf(loader: WorkerLoader, tenant: string, engine: Engine, call: RunnerCall): Promise<Fetcher> {
  // A call of the gateway counts as one; nothing else of an isolate could.
  const limits = { cpuMs: call.cpuMs, subRequests: call.egress === undefined ? 0 : EGRESS_REQUESTS_MAX };
  const id = await isolateId({ tenant, engine, policyDigest: call.policyDigest });
  const stub = loader.get(id, async () => ({
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: COMPATIBILITY_FLAGS,
    mainModule: engine.mainModule,
    modules: { ...engine.modules, ...(await engine.loadLarge?.()) },
    env: {},
    // Left out, the isolate would inherit this Worker's network. Null for every tool: what an isolate may reach belongs
    // to a call, and this to all calls of the isolate.
    globalOutbound: null,
    limits,
  }));
  return stub.getEntrypoint(undefined, { limits });
}

/** By code and policy: a tool's are the same from call to call. */
const digests = new Map<string, string>();

/**
 * Never fresh per call: each new id is billed by the day. The tenant is readable in it and holds no `/`, so two
 * tenants cannot meet whatever the digests are.
 */
export async function isolateId(parts: {
  readonly tenant: string;
  readonly engine: Pick<Engine, "digest">;
  readonly policyDigest: string;
}): Promise<string> {
  return `${parts.tenant}/${await digestOf(`${parts.engine.digest}/${parts.policyDigest}`)}`;
}

async function digestOf(text: string): Promise<string> {
  const known = digests.get(text);
  if (known !== undefined) return known;
  if (digests.size >= DIGESTS_KEPT_MAX) digests.clear();
  const digest = await sha256Hex(text);
  digests.set(text, digest);
  return digest;
}
