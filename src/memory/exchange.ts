/**
 * What the tasks of one session know of each other: input and output of each that was done, oldest first. An exchange
 * is kept under its task's id, so remembering it twice is remembering it once.
 */
import { EXCHANGE_SIDE_CHARS_MAX, RECALL_CHARS_MAX } from "./limits.ts";
import type { MemorySpace, Retention, ShortTermMemory } from "./short-term.ts";

export type Exchange = {
  readonly input: string;
  readonly output: string;
  /** Labels of what had come into the task; absent: nothing, or kept by a version that did not say. */
  readonly taint?: readonly string[];
};

const CUT = " [cut]";

/** Never between the halves of a character. */
function cut(text: string): string {
  if (text.length <= EXCHANGE_SIDE_CHARS_MAX) return text;
  return text.slice(0, EXCHANGE_SIDE_CHARS_MAX - CUT.length).replace(/[\uD800-\uDBFF]$/, "") + CUT;
}

function parseExchange(text: string): Exchange[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return [];
    const { input, output, taint } = parsed as { readonly [member: string]: unknown }; // checked next
    if (typeof input !== "string" || typeof output !== "string") return [];
    const labels = Array.isArray(taint) ? taint.filter((label) => typeof label === "string") : [];
    return [{ input, output, ...(labels.length === 0 ? {} : { taint: labels }) }];
  } catch {
    // Kept by a version that wrote another form: a session forgets rather than fails.
    return [];
  }
}

/**
 * @param task `at`: epoch milliseconds of its creation, which orders the exchanges of a session.
 * Rejects when the memory cannot be reached.
 */
export async function remember(
  memory: ShortTermMemory,
  space: MemorySpace,
  task: Exchange & { readonly taskId: string; readonly at: number },
  retention: Retention,
): Promise<void> {
  const { taint = [] } = task;
  const exchange: Exchange = {
    input: cut(task.input),
    output: cut(task.output),
    ...(taint.length === 0 ? {} : { taint }),
  };
  await memory.append(space, { id: task.taskId, at: task.at, value: JSON.stringify(exchange) }, retention);
}

/**
 * The session's newest exchanges that fit into RECALL_CHARS_MAX together, oldest first.
 * Rejects when the memory cannot be reached.
 */
export async function recall(memory: ShortTermMemory, space: MemorySpace): Promise<readonly Exchange[]> {
  const exchanges = (await memory.list(space)).flatMap(parseExchange);
  let chars = 0;
  const first = exchanges.findLastIndex(({ input, output }) => {
    chars += input.length + output.length;
    return chars > RECALL_CHARS_MAX;
  });
  return exchanges.slice(first + 1);
}
