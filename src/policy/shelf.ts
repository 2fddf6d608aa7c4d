/**
 * Modules of tenants' own policies: tried before they are kept, and kept in the bucket as `<tenant>/policies/<digest>.wasm`.
 * Which of them is known and active is the object's to say (policy-object.ts).
 */
import {
  AppError,
  type Clock,
  describeError,
  err,
  ok,
  type Result,
  sha256Hex,
  type TenantId,
  within,
} from "../platform/index.ts";
import { parseResultSet } from "./decision.ts";
import type { IsolateAnswer } from "./isolate/machine.ts";
import { meter, type PolicyIsolates, type PolicyPlace } from "./isolates.ts";
import { OWN_TIMEOUT_MS } from "./limits.ts";
import { LateError, repeat, tooLate } from "./patience.ts";
import { sampleQuestions } from "./samples.ts";

export type PolicyShelf = {
  /** SHA-256 of the module. */
  digestOf(module: Uint8Array<ArrayBuffer>): Promise<string>;
  /**
   * Asks the module a harmless question of each kind.
   * @returns actions that it has no answer to, which will be denied; else why it is no policy, as a sentence
   * @throws AppError UNAVAILABLE when it cannot be tried now, which says nothing about it
   */
  check(tenant: TenantId, module: Uint8Array<ArrayBuffer>): Promise<Result<readonly string[], string>>;
  /** A repetition changes nothing. */
  put(tenant: TenantId, digest: string, module: Uint8Array<ArrayBuffer>): Promise<void>;
  /** @throws AppError when it is gone, or is not what its name says */
  load(tenant: TenantId, digest: string): Promise<Uint8Array>;
};

/** Rules of denials that say: this was no decision. */
const NO_DECISION: readonly string[] = ["malformed", "obligation"];

/** Part of what the runtime says of a module that is none. Whatever else it throws is no fault of the module. */
const COMPILE_ERROR = "CompileError";

const failed = (message: string): IsolateAnswer => ({ kind: "failed", message });

/** As patient as where it decides: what is slower there could never answer. */
async function askInTime(
  { isolates, clock }: { readonly isolates: PolicyIsolates; readonly clock: Clock },
  place: PolicyPlace,
  inputJson: string,
): Promise<IsolateAnswer> {
  const ask = () =>
    isolates.ask(place, inputJson).catch((thrown: unknown) => {
      const message = describeError(thrown);
      if (message.includes(COMPILE_ERROR)) return failed(`It cannot be loaded: ${message}.`);
      throw thrown;
    });
  try {
    return await within(clock, OWN_TIMEOUT_MS, tooLate, (signal) => repeat(clock, signal, ask));
  } catch (thrown) {
    if (thrown instanceof LateError) return failed(`It is too slow: a policy has ${OWN_TIMEOUT_MS} ms to answer.`);
    throw new AppError("UNAVAILABLE", "A policy cannot be tried now; nothing of it was kept.", { cause: thrown });
  }
}

const keyOf = (tenant: TenantId, digest: string): string => `${tenant}/policies/${digest}.wasm`;

export function createPolicyShelf({
  bucket,
  isolates,
  clock,
}: {
  readonly bucket: R2Bucket;
  readonly isolates: PolicyIsolates;
  readonly clock: Clock;
}): PolicyShelf {
  const digestOf = (module: Uint8Array<ArrayBuffer>): Promise<string> => sha256Hex(module);
  return {
    digestOf,
    async check(tenant, module) {
      try {
        await meter(module);
      } catch (thrown) {
        return err(`It is no WebAssembly module that can be evaluated here: ${describeError(thrown)}.`);
      }
      const place = { tenant, digest: await digestOf(module), load: async () => module };
      const undecided: string[] = [];
      for (const question of sampleQuestions(tenant)) {
        const answer = await askInTime({ isolates, clock }, place, JSON.stringify(question));
        if (answer.kind === "failed") return err(`Asked about ${question.action} it broke off. ${answer.message}`);
        const [reason] = parseResultSet(answer.json, place.digest).reasons;
        if (reason !== undefined && NO_DECISION.includes(reason.rule)) {
          return err(`Asked about ${question.action} it gave no decision. ${reason.message}`);
        }
        if (reason?.rule === "undefined") undecided.push(question.action);
      }
      return ok(undecided);
    },
    async put(tenant, digest, module) {
      const key = keyOf(tenant, digest);
      if ((await bucket.head(key)) !== null) return;
      await bucket.put(key, module, { httpMetadata: { contentType: "application/wasm" } });
    },
    async load(tenant, digest) {
      const object = await bucket.get(keyOf(tenant, digest));
      if (object === null) throw new AppError("INTERNAL", "A tenant's policy is not where it was kept.");
      const module = new Uint8Array(await object.arrayBuffer());
      if ((await digestOf(module)) !== digest) throw new AppError("INTERNAL", "A policy does not match its digest.");
      return module;
    },
  };
}

/** One that is not there is removed. */
export const removeModules = (bucket: R2Bucket, tenant: TenantId, digests: readonly string[]): Promise<void> =>
  bucket.delete(digests.map((digest) => keyOf(tenant, digest)));
