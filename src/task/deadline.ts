/** How long a task of a pack may take. Pure. */
import type { AgentConfig } from "../pack/index.ts";
import { assert, parseDuration } from "../platform/index.ts";
import { DEADLINE_MS } from "./limits.ts";
import type { ParentLink } from "./types.ts";

/**
 * Milliseconds from acceptance, not counting what is spent waiting: DEADLINE_MS, lowered to the longest `max_duration`
 * of the pack's procedures. The longest, because any of them may be the one the model follows. A child gets no more than
 * its parent has left.
 */
export function deadlineFor(config: AgentConfig, parent?: ParentLink): number {
  const durations = config.workflow.sop.map(({ max_duration }) => {
    const parsed = parseDuration(max_duration);
    assert(parsed.ok, "max_duration was checked when the pack was composed");
    return parsed.value;
  });
  const ownMs = durations.length === 0 ? DEADLINE_MS : Math.max(...durations);
  return Math.min(DEADLINE_MS, ownMs, parent?.time_ms ?? DEADLINE_MS);
}
