/** What a run keeps alive beside its work: the alarm that would restart it, its slot at the index, its deadline. */
import type { CancelSignal, Clock } from "../../platform/index.ts";
import type { TaskRow } from "../journal/journal.ts";
import { LEASE_CHECK_MS, LEASE_MS, LEASE_RENEW_BELOW_MS, SLOT_RENEW_MS } from "../limits.ts";

export type Keeper = {
  readonly clock: Clock;
  /** Aborts when the run is over. */
  readonly signal: CancelSignal;
  readonly row: () => TaskRow;
  /** When the run's alarm began: its slot was granted by then, or a moment before. */
  readonly slotSince: number;
  /** The run takes long: it needs an alarm of its own beside the one that carries it. */
  readonly secure: () => void;
  readonly renewLease: (until: number) => void;
  readonly renewSlot: () => Promise<void>;
  readonly onDeadline: () => void;
  /** Its writes are refused: another instance may be at work by now. */
  readonly onLost: (thrown: unknown) => void;
};

/**
 * Renews by time, never per step: a run of many short steps costs no more rows than one long step. Never rejects, for
 * nobody waits for it before the run is over.
 */
export async function keepLease(keeper: Keeper): Promise<void> {
  let slotRenewedAt = keeper.slotSince;
  let isRenewing = false;
  while (await isAwake(keeper)) {
    const now = keeper.clock.now();
    try {
      const { due, deadlineAt } = keeper.row();
      if (now >= deadlineAt) return keeper.onDeadline();
      keeper.secure();
      if ((due.lease ?? 0) - now < LEASE_RENEW_BELOW_MS) keeper.renewLease(now + LEASE_MS);
    } catch (thrown) {
      return keeper.onLost(thrown);
    }
    if (isRenewing || now - slotRenewedAt < SLOT_RENEW_MS) continue;
    slotRenewedAt = now;
    isRenewing = true;
    // Not awaited: an index that hangs must not keep the lease and the deadline from being looked at.
    const renewed = () => {
      isRenewing = false;
    };
    keeper.renewSlot().then(renewed, renewed); // One that is lost is covered by the lease of the one before.
  }
}

/** False once the run is over. */
async function isAwake(keeper: Keeper): Promise<boolean> {
  try {
    await keeper.clock.sleep(LEASE_CHECK_MS, keeper.signal);
    return !keeper.signal.aborted;
  } catch {
    return false; // The signal ended the sleep.
  }
}
