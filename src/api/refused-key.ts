/**
 * A key that opened nothing, in the audit log of its tenant: beside the request, whose answer is the same for every
 * reason, and a bounded number of times. A key of nobody's is a line in the Worker's log and nothing more.
 */
import type { AuditEntry, AuditStub } from "../audit/index.ts";
import { type Clock, describeError, type Log, type TenantId } from "../platform/index.ts";
import { DenialCount } from "./denial-count.ts";
import type { KeyStub } from "./key-record.ts";

type Ports = {
  /** A new stub at each call. */
  readonly keys: (id: string) => Pick<KeyStub, "refusal">;
  readonly audit: (tenant: TenantId) => AuditStub;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
};

/** @returns null: nothing is told; else a promise that never rejects. */
export type TellRefusedKey = (keyId: string, digest: Uint8Array) => Promise<void> | null;

/** One per isolate. */
export function createTellRefusedKey({ keys, audit, clock, log }: Ports): TellRefusedKey {
  const counts = new DenialCount(clock);
  const tell = async (keyId: string, digest: Uint8Array, unrecorded: number): Promise<void> => {
    const refusal = await keys(keyId).refusal(digest);
    if (refusal === null) return;
    const { tenant, reason } = refusal;
    const facts = { action: "auth.failed", actor: `key:${keyId}`, resource: `key:${keyId}`, result: "denied" } as const;
    const details = { reason, ...(unrecorded === 0 ? {} : { unrecorded }) };
    const entry: AuditEntry = { id: crypto.randomUUID(), at: clock.now(), ...facts, details };
    if ((await audit(tenant).append(tenant, [entry])) === "stored") return;
    log.error("audit.unrecorded", { tenant_id: tenant, ...facts, reason: "full" });
  };
  return (keyId, digest) => {
    const unrecorded = counts.take(keyId);
    if (unrecorded === null) return null;
    return tell(keyId, digest, unrecorded).catch((thrown: unknown) => {
      log.error("audit.unrecorded", { action: "auth.failed", key_id: keyId, reason: describeError(thrown) });
    });
  };
}
