/** Shapes of the routes for approvals, as `schema.ts` has those of the others. */
import * as z from "zod";
import { once } from "../platform/index.ts";
import { APPROVAL_STATES, type ApprovalItem, type ApprovalView, DECISIONS } from "../task/index.ts";
import { CURSOR_CHARS_MAX, DECISION_REASON_CHARS_MAX, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX } from "./limits.ts";

const Time = once(() => z.string().describe("RFC 3339, UTC"));

export const ApprovalsQuery = once(() =>
  z.strictObject({
    state: z
      .enum([...APPROVAL_STATES, "all"])
      .default("pending")
      .describe("What is to be decided, unless another state or `all` is asked for"),
    limit: z.coerce.number().int().min(1).max(LIST_LIMIT_MAX).default(LIST_LIMIT_DEFAULT),
    cursor: z.string().max(CURSOR_CHARS_MAX).optional().describe("`next_cursor` of the page before"),
  }),
);

/** These two are about a call as it was shown, so they name what was shown. */
const BOUND: readonly string[] = ["approve", "reject"];

export const DecisionBody = once(() =>
  z
    .strictObject({
      decision: z
        .enum(DECISIONS)
        .describe(
          "`approve` or `reject` for an approval; `happened`, `did_not_happen` or `retry` for an unknown outcome",
        ),
      reason: z
        .string()
        .max(DECISION_REASON_CHARS_MAX)
        .optional()
        .describe("For the record; a rejection's goes to the model"),
      args_hash: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional()
        .describe("`args_hash` of the arguments that were shown; needed to approve and to reject"),
      result: z.unknown().optional().describe("With `happened`: what the call gave, if that is known"),
    })
    .superRefine(({ decision, args_hash, result }, context) => {
      if (args_hash === undefined && BOUND.includes(decision)) {
        context.addIssue({
          code: "custom",
          path: ["args_hash"],
          message: "is missing: send the `args_hash` that the approval shows beside its `arguments`",
        });
      }
      if (result !== undefined && decision !== "happened") {
        context.addIssue({ code: "custom", path: ["result"], message: "goes with the decision happened only" });
      }
    }),
);

export const Approval = once(
  () =>
    z.object({
      approval_id: z.string().describe("`<task_id>.<n>`"),
      kind: z.enum(["approval", "unknown_outcome"]).describe("May the call run or the answer pass, or did it happen"),
      state: z.enum(APPROVAL_STATES),
      task_id: z.string(),
      call_id: z.string(),
      tool_id: z.string(),
      tool_name: z.string(),
      arguments: z.record(z.string(), z.unknown()).describe("Exactly what the call would be made with, or was"),
      args_hash: z.string().describe("SHA-256 of their canonical JSON (RFC 8785)"),
      reason: z.string().describe("Why a person is asked"),
      risk_level: z.enum(["low", "medium", "high", "critical"]),
      pack_id: z.string(),
      pack_version: z.string(),
      pack_digest: z.string(),
      requested_by: z.string().nullable().describe("Who started the task"),
      requested_at: Time(),
      expires_at: Time().nullable().describe("Null: it waits as long as the task does"),
      decision: z.enum(DECISIONS).nullable(),
      decided_by: z.string().nullable(),
      decided_at: Time().nullable(),
      decision_reason: z.string().nullable(),
      used_at: Time().nullable().describe("When the call was made on it; it is made once"),
    }) satisfies z.ZodType<ApprovalView>,
);

const Item = once(
  () =>
    Approval()
      .omit({ used_at: true })
      .extend({
        arguments: Approval()
          .shape.arguments.nullable()
          .describe("Null when they are too long for a list; read the approval"),
      }) satisfies z.ZodType<ApprovalItem>,
);

export const ApprovalList = once(() => z.object({ items: z.array(Item()), next_cursor: z.string().nullable() }));
