/** Shapes of the routes for secrets. A value goes in and comes out of none of them. */
import * as z from "zod";
import { once } from "../platform/index.ts";
import { SECRET_VALUE_BYTES_MAX } from "./limits.ts";
import { SECRET_SCHEMES } from "./secret-record.ts";

const Time = once(() => z.string().describe("RFC 3339, UTC"));
const Host = once(() => z.string().min(1).max(253).describe("The one host it is sent to, such as api.example.com"));

export const SecretBody = once(() =>
  z.strictObject({
    value: z.string().min(1).max(SECRET_VALUE_BYTES_MAX).describe("Shown in no answer, event, log or result"),
    host: Host(),
    header: z
      .string()
      .min(1)
      .max(64)
      .transform((name) => name.toLowerCase())
      .default("authorization")
      .describe("The header it is sent in"),
    scheme: z
      .enum(SECRET_SCHEMES)
      .optional()
      .describe(
        "bearer (default of authorization), basic (the value is user:password), or raw (default of other headers)",
      ),
  }),
);

export const Secret = once(() =>
  z.object({
    name: z.string(),
    host: Host(),
    header: z.string(),
    scheme: z.enum(SECRET_SCHEMES),
    created_at: Time(),
    updated_at: Time(),
  }),
);

export const SecretList = once(() => z.object({ items: z.array(Secret()), next_cursor: z.null() }));
