/** Shapes of the route for decisions of the policy. */
import * as z from "zod";
import { once } from "../platform/index.ts";
import type { DecisionItem } from "../policy/index.ts";
import { CURSOR_CHARS_MAX, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX } from "./limits.ts";

const EFFECTS = ["allow", "ask", "deny"] as const;

export const DecisionsQuery = once(() =>
  z.strictObject({
    since: z.iso.datetime({ offset: true }).optional().describe("RFC 3339: decisions from this moment on"),
    effect: z.enum(EFFECTS).optional(),
    limit: z.coerce.number().int().min(1).max(LIST_LIMIT_MAX).default(LIST_LIMIT_DEFAULT),
    cursor: z.string().max(CURSOR_CHARS_MAX).optional().describe("`next_cursor` of the page before"),
  }),
);

const Reasons = once(() => z.array(z.object({ rule: z.string(), message: z.string() })));

const Item = once(
  () =>
    z.object({
      id: z.string(),
      decided_at: z.string().describe("RFC 3339, UTC"),
      action: z.string(),
      effect: z.enum(EFFECTS),
      enforced: z.boolean().describe("False: it was recorded and changed nothing"),
      reasons: Reasons(),
      obligations: z.array(z.string()),
      policy: z
        .string()
        .describe(
          "Digest of the policy that decided, or the name and revisions of another engine's; `+`, the tenant's own",
        ),
      trials: z
        .array(z.object({ effect: z.enum(EFFECTS), reasons: Reasons(), policy: z.string() }))
        .describe("What policies on trial said beside it"),
      input: z.record(z.string(), z.unknown()).describe("The question, as docs/policy.md describes it"),
      input_hash: z.string().describe("SHA-256 of the canonical question: equal for equal ones"),
      task_id: z.string().nullable().describe("Null: it was made at a door"),
      call_id: z.string().nullable(),
      trace_id: z.string().nullable(),
    }) satisfies z.ZodType<DecisionItem>,
);

export const DecisionList = once(() => z.object({ items: z.array(Item()), next_cursor: z.string().nullable() }));
