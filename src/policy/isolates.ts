/**
 * The isolates of tenants' policies: one for each tenant and policy, with no network and no bindings, which has the
 * policy's module, metered, and the little that asks it (isolate/).
 */
import { lengthPrefixed, sha256Hex } from "../platform/index.ts";
import { FUEL, FUEL_EXPORT, HOST, type IsolateAnswer } from "./isolate/machine.ts";
import { ISOLATE_CPU_MS, ISOLATES_PER_POLICY_MAX, ISOLATES_REMEMBERED_MAX } from "./limits.ts";

const COMPATIBILITY_DATE = "2026-10-20";
/** Module of the isolate, in the Worker's assets (scripts/build-assets.ts). */
const CODE_ASSET = "/engine/policy.js";

export type PolicyIsolates = {
  /** @throws when the isolate cannot be had now, or its policy is gone; also whatever the runtime stops it with. */
  ask(place: PolicyPlace, inputJson: string): Promise<IsolateAnswer>;
};

export type PolicyPlace = {
  readonly tenant: string;
  readonly digest: string;
  /** The module as it was published; not called when the isolate is known to be there. */
  readonly load: () => Promise<Uint8Array>;
};

type Entrypoint = { ask(inputJson: string): Promise<IsolateAnswer> };

export function createPolicyIsolates(options: {
  readonly loader: WorkerLoader;
  /** A file of the Worker's assets by absolute path. */
  readonly assets: (path: string) => Promise<Response>;
}): PolicyIsolates {
  let known: { readonly code: string; readonly digest: string } | null = null;
  const loadCode = async () => {
    const response = await options.assets(CODE_ASSET);
    if (!response.ok) throw new Error(`asset ${CODE_ASSET} answered ${response.status}: are the assets built?`);
    const code = await response.text();
    return { code, digest: await sha256Hex(code) };
  };
  const records = createIsolateRecords();
  return {
    async ask({ tenant, digest, load }, inputJson) {
      // Finished values only: a promise made by one request must not be awaited by another.
      known ??= await loadCode();
      const { code, digest: codeDigest } = known;
      // Never fresh per question: each new id is billed by the day. No tenant's name holds a slash.
      const record = records.of(`${tenant}/policy/${await sha256Hex(lengthPrefixed([codeDigest, digest]))}`);
      const module = record.isReady ? null : await load();
      const limits = { cpuMs: ISOLATE_CPU_MS, subRequests: 0 };
      const stub = options.loader.get(record.id, async () => ({
        compatibilityDate: COMPATIBILITY_DATE,
        mainModule: "index.js",
        modules: { "index.js": { js: code }, "policy.wasm": { wasm: (await meter(module ?? (await load()))).buffer } },
        env: {},
        globalOutbound: null,
        limits,
      }));
      // A cast, because what runs there is our own code by its digest, not by its type.
      const entrypoint = stub.getEntrypoint(undefined, { limits }) as unknown as Entrypoint;
      try {
        const answer = await entrypoint.ask(inputJson);
        record.isReady = true;
        return answer;
      } catch (thrown) {
        record.fail();
        throw thrown;
      }
    },
  };
}

/**
 * Which isolates have answered, and under which name. One whose code could not be loaded stays broken for as long as the
 * runtime keeps its name (tried): so the module is loaded before it is asked for, and after a failure another name is taken.
 */
function createIsolateRecords() {
  const known = new Map<string, IsolateRecord>();
  return {
    of(name: string): IsolateRecord {
      const before = known.get(name);
      if (before !== undefined) return before;
      const [oldest] = known.keys();
      if (oldest !== undefined && known.size >= ISOLATES_REMEMBERED_MAX) known.delete(oldest);
      const record = new IsolateRecord(name);
      known.set(name, record);
      return record;
    },
  };
}

class IsolateRecord {
  readonly #name: string;
  #failures = 0;
  isReady = false;
  constructor(name: string) {
    this.#name = name;
  }
  get id(): string {
    const nth = this.#failures % ISOLATES_PER_POLICY_MAX;
    return nth === 0 ? this.#name : `${this.#name}/${nth}`;
  }
  fail(): void {
    this.#failures += 1;
    this.isReady = false;
  }
}

/** @throws Error, for the publisher to read, when it is no module whose every loop can be counted */
export async function meter(module: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { meterFuel } = await import("./meter-fuel.ts");
  return meterFuel(module, { counter: FUEL_EXPORT, fuel: FUEL, host: HOST });
}
