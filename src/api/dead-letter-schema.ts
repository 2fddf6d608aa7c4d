/** Shapes of the routes for dead letters. */
import * as z from "zod";
import { type DeadLetter, REPLAY_STATUSES } from "../event/index.ts";
import { once } from "../platform/index.ts";
import { CURSOR_CHARS_MAX, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX } from "./limits.ts";

const STATES = ["open", "resolved"] as const;
const Time = once(() => z.string().describe("RFC 3339, UTC"));
const text = once(() => z.string().nullable());

export const LettersQuery = once(() =>
  z.strictObject({
    state: z.enum(STATES).optional(),
    source: z.string().max(128).optional().describe("Such as `consumer:usage`, `outbox`, `queue`, `projection`"),
    limit: z.coerce.number().int().min(1).max(LIST_LIMIT_MAX).default(LIST_LIMIT_DEFAULT),
    cursor: z.string().max(CURSOR_CHARS_MAX).optional().describe("`next_cursor` of the page before"),
  }),
);

const Letter = once(
  () =>
    z.object({
      id: z.string(),
      source: z.string().describe("Where it was given up"),
      reason: z.string(),
      state: z.enum(STATES),
      sqlstate: text().describe("The database's code, when it refused"),
      error: text(),
      event_id: text(),
      event_type: text(),
      task_id: text(),
      sequence: z.int().nullable().describe("The event's number within its task"),
      attempts: z.int(),
      trace_id: text(),
      created_at: Time(),
      resolved_at: Time().nullable(),
      replay_count: z.int(),
      replayed_at: Time().nullable(),
      replayed_by: text(),
    }) satisfies z.ZodType<DeadLetter>,
);

export const LetterList = once(() => z.object({ items: z.array(Letter()), next_cursor: text() }));

export const Replayed = once(() =>
  z.object({
    status: z
      .enum(REPLAY_STATUSES)
      .describe(
        "`already_applied`: it was settled before. `refused`: as before. `impossible`: it holds too little to do it again",
      ),
    dead_letter: Letter(),
  }),
);
