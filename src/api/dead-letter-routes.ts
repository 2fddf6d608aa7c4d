/** Dead letters: what of the tenant's could not be handled, listed and replayed. */
import { AppError } from "../platform/index.ts";
import { jsonResponse } from "./answer.ts";
import { audited } from "./audited.ts";
import { parseCursor, toCursor } from "./cursor.ts";
import { LetterList, LettersQuery, Replayed } from "./dead-letter-schema.ts";
import type { ApiDeps } from "./deps.ts";
import { type Route, tenantRoute } from "./route.ts";

function requireLetters({ deadLetters }: ApiDeps) {
  if (deadLetters === null)
    throw new AppError("UNAVAILABLE", "This server has no database, so it keeps no dead letters.");
  return deadLetters;
}

const unknown = (): AppError => new AppError("NOT_FOUND", "There is no such dead letter.");

const list = tenantRoute({
  method: "GET",
  path: "/api/v1/dead-letters",
  operation: "listDeadLetters",
  summary: "What could not be handled, newest first",
  tag: "events",
  needs: "tasks:read",
  query: LettersQuery,
  answers: [{ status: 200, description: "One page; `next_cursor` is null on the last", schema: LetterList }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, tenant, query }) => {
    const before = query.cursor === undefined ? null : parseCursor(query.cursor);
    if (before === undefined) {
      throw new AppError("INVALID_REQUEST", "The cursor is not one of ours; start again without it.");
    }
    const { state = null, source = null, limit } = query;
    const page = await requireLetters(deps).list(tenant, { state, source, limit, before });
    return jsonResponse(200, { items: page.items, next_cursor: page.next === null ? null : toCursor(page.next) });
  },
});

const replay = tenantRoute({
  method: "POST",
  path: "/api/v1/dead-letters/{letterId}/replay",
  operation: "replayDeadLetter",
  summary: "Does again what a dead letter stands for; doing it twice has one effect",
  tag: "events",
  needs: "tasks:write",
  answers: [{ status: 200, description: "How it came out, and the letter as it stands now", schema: Replayed }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async ({ scope, deps, tenant, params }) => {
    const id = params.letterId ?? "";
    // Anything else is the id of no letter.
    if (!/^[0-9a-f-]{1,36}$/.test(id)) throw unknown();
    const letters = requireLetters(deps);
    const change = { tenant, action: "dead_letter.replayed", resource: `dead_letter:${id}` } as const;
    const done = await audited(scope, change, async () => {
      const replayed = await letters.replay(tenant, id, scope.principal?.id ?? "header");
      if (replayed === null) throw unknown();
      return replayed;
    });
    return jsonResponse(200, { status: done.status, dead_letter: done.letter });
  },
});

export const DEAD_LETTER_ROUTES: readonly Route[] = [list, replay];
