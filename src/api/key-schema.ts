/** Shapes of the routes for tenants and keys, as `schema.ts` has those of the others. */
import * as z from "zod";
import { once } from "../platform/index.ts";
import { ROLE_NAMES } from "./access.ts";
import { CURSOR_CHARS_MAX, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX, NAME_CHARS_MAX } from "./limits.ts";

const TenantText = once(() =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$/)
    .describe("1 to 36 letters, digits, '.', '_' or '-'"),
);
const Name = once(() =>
  z
    .string()
    .max(NAME_CHARS_MAX)
    .regex(/^(?=.*\S)[^\p{Cc}\p{Cs}]+$/u, "must have text and no control characters")
    .describe("For people"),
);
const Time = once(() => z.string().describe("RFC 3339, UTC"));

export const TenantBody = once(() => z.strictObject({ tenant_id: TenantText(), name: Name() }));

export const Tenant = once(() => z.object({ tenant_id: TenantText(), name: z.string(), created_at: Time() }));

export const KeyBody = once(() =>
  z.strictObject({
    tenant_id: TenantText().optional().describe("The caller's own when absent; the operator must name one"),
    name: Name(),
    roles: z
      .array(z.enum(ROLE_NAMES))
      .min(1)
      .max(ROLE_NAMES.length)
      .describe("What the key may do; none beyond what the caller may"),
    expires_at: z.iso.datetime({ offset: true }).nullish().describe("When it ends by itself; never when absent"),
  }),
);

export const KeysQuery = once(() =>
  z.strictObject({
    limit: z.coerce.number().int().min(1).max(LIST_LIMIT_MAX).default(LIST_LIMIT_DEFAULT),
    cursor: z.string().max(CURSOR_CHARS_MAX).optional().describe("`next_cursor` of the page before"),
  }),
);

export const Key = once(() =>
  z.object({
    id: z.string(),
    tenant_id: TenantText(),
    name: z.string(),
    roles: z.array(z.enum(ROLE_NAMES)),
    state: z.enum(["active", "expired", "revoked"]),
    created_at: Time(),
    expires_at: Time().nullable(),
    revoked_at: Time().nullable(),
    last_used_at: Time().nullable().describe("To the hour"),
  }),
);

export const NewKey = once(() =>
  Key().extend({
    key: z.string().describe("The key itself. It is shown this once and kept nowhere"),
  }),
);

export const KeyList = once(() => z.object({ items: z.array(Key()), next_cursor: z.string().nullable() }));
