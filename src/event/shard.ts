/** Which doorbell hears a tenant. Pure; changing it only moves rings to another bell, for each publishes for all. */
import { DOORBELL_SHARDS } from "./limits.ts";

/** FNV-1a: spreads short names well, and needs no await. @see https://www.rfc-editor.org/rfc/rfc9923 */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}

export const doorbellNames: readonly string[] = Array.from({ length: DOORBELL_SHARDS }, (_, n) => `doorbell/${n}`);

export const doorbellOf = (tenant: string): string => `doorbell/${hash(tenant) % DOORBELL_SHARDS}`;
