/**
 * The catalogue of faults as data: what is injected, and where that is proved. A fault of the simulator counts its hits,
 * and a proof in which one of them was never hit fails. What waits for a feature is named and counted apart.
 */

export type Entry = {
  readonly fault: string;
  readonly proof: /** Here: the hits are counted. */
    | { readonly ring: "simulator" }
    /** In a real runtime: by tests (ring/tests.ts), or by a run of the whole local process. */
    | { readonly ring: "runtime"; readonly by: "tests" | "deploys" }
    | { readonly ring: "pending"; readonly feature: string };
  /** A stage on the real runtime that injects it as well, and counts its own hits. */
  readonly also?: "providers" | "streams";
};

const here = (fault: string): Entry => ({ fault, proof: { ring: "simulator" } });
const tested = (fault: string): Entry => ({ fault, proof: { ring: "runtime", by: "tests" } });
const deployed = (fault: string): Entry => ({ fault, proof: { ring: "runtime", by: "deploys" } });
/** By the simulator, and by model servers that misbehave on a real wire. */
const served = (fault: string): Entry => ({ ...here(fault), also: "providers" });
const pending = (fault: string, feature: string): Entry => ({ fault, proof: { ring: "pending", feature } });

/** By number, as the requirement counts them. */
export const CATALOGUE = {
  1: here("the object dies between the intent and the call of its tool"),
  2: here("the object dies after the tool returned, before the result is in"),
  3: here("a crash at every write and every await, enumerated"),
  4: here("an alarm fires twice, an hour late, or never"),
  5: here("two instances of one object live at once"),
  6: here("an object is reset by a deploy while it is called"),
  7: here("an object is overloaded"),
  8: deployed("a deploy while 200 tasks run"),
  9: tested("an old gateway talks to a new object, and the reverse"),
  10: deployed("a rollback after new code wrote new state"),
  11: here("an object's storage is full"),
  12: here("an alarm reaches its 15 minutes during long model calls"),
  13: here("a message is delivered more than once"),
  14: here("messages are delivered out of order"),
  15: here("a poison message among good ones"),
  16: here("one task's messages fail in a batch"),
  17: here("the queue refuses after the database committed"),
  18: here("the publisher dies after it published, before it marked"),
  19: here("the publisher dies before it published; several publish at once"),
  20: here("a long transaction commits late, with an older number"),
  21: tested("dead letters are replayed twice"),
  22: tested("a backlog of 100,000 events of one tenant"),
  23: here("the database is away for a minute"),
  24: here("the database is slow"),
  25: here("the outcome of a commit is unknown"),
  26: here("the database starts cold, and a connection is cut in a query"),
  27: tested("a pooled connection without a tenant"),
  28: here("a serialization failure or a deadlock"),
  29: here("the shared rate limiter is away"),
  30: tested("a migration while old code is live"),
  31: served("the provider answers 429, 402, 529, 500, 401 and 413"),
  32: served("the provider does not connect, or stalls"),
  33: served("a model's stream is cut half-way"),
  34: served("a tool call's JSON is malformed"),
  35: served("a reply ends at its length inside a tool call"),
  36: served("unknown tools, equal call ids, and fifty calls at once"),
  37: served("an empty answer, a refusal, and the same call for ever"),
  38: here("every provider is down for ten minutes"),
  39: tested("a tool hangs, spins, or answers without end"),
  40: here("a tool throws after it did its work"),
  41: tested("a tool asks for a forbidden host"),
  42: tested("more isolates at once than the platform gives"),
  43: here("a client repeats its request, also with another body, many at once"),
  44: { ...tested("a stream is cut before any event came, or asked for at an odd place"), also: "streams" },
  45: tested("slow, huge and malformed requests"),
  46: here("text of every kind in what users and models say"),
  47: here("clocks that differ by ten minutes"),
  48: here("a cancel at any time"),
  49: here("two cancels, one of them racing the end"),
  50: here("approvals that expire, race, or are given twice"),
  51: here("an approval that waits 30 days over 40 evictions"),
  52: here("a budget that ends in the middle of a run"),
  53: here("a newer version of a pack is published in the middle of a run"),
  54: pending("a tenant is suspended in the middle of a run", "tenant suspension"),
  55: pending("a tenant is erased while its tasks run", "erasure"),
  56: here("the pack's bucket or the log is away"),
} as const satisfies Record<number, Entry>;

export type FaultId = keyof typeof CATALOGUE;

/** Parts of a fault of the simulator that are counted for themselves, because the rest of it could hide that they never struck. */
export const COUNTED_PARTS = {
  taskAlarmLost: { fault: 4, part: "the alarm of a task that is on its way never fires" },
  otherAlarmLost: { fault: 4, part: "the alarm of a tenant's index or of a doorbell never fires" },
} as const satisfies Record<string, { readonly fault: FaultId; readonly part: string }>;
export type PartId = keyof typeof COUNTED_PARTS;

export const partIds = Object.keys(COUNTED_PARTS).filter(isPartId);
function isPartId(id: string): id is PartId {
  return id in COUNTED_PARTS;
}

/** Parts of a fault whose feature is not built, while the rest of it is proved here. */
export const PENDING_PARTS: readonly { readonly fault: FaultId; readonly part: string; readonly feature: string }[] = [
  { fault: 50, part: "arguments that change after the approval", feature: "edited approvals" },
  { fault: 52, part: "a tenant's own budget, and a price that changes", feature: "tenant budgets" },
  { fault: 53, part: "a version that is yanked, or whose signature is revoked", feature: "pack signatures" },
];

export const faultIds = Object.keys(CATALOGUE).map(Number).filter(isFaultId);

export function isFaultId(id: number): id is FaultId {
  return id in CATALOGUE;
}

export const entryOf = (id: FaultId): Entry => CATALOGUE[id];
