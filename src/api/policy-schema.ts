/** Shapes of the routes for a tenant's own policies. */
import * as z from "zod";
import { once } from "../platform/index.ts";
import { POLICY_BYTES_MAX, POLICY_MODES } from "../policy/index.ts";

const Digest = once(() =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("SHA-256 of the compiled policy, 64 hexadecimal digits"),
);
const Mode = once(() =>
  z.enum(POLICY_MODES).describe("enforce, or log: it is asked and recorded, and changes nothing"),
);

/** Four characters of Base64 for three bytes. */
const BASE64_CHARS_MAX = Math.ceil(POLICY_BYTES_MAX / 3) * 4;

export const PolicyBody = once(() =>
  z.strictObject({
    wasm: z
      .base64()
      .min(1)
      .max(BASE64_CHARS_MAX)
      .describe(`The policy as OPA compiles it, in Base64: ${POLICY_BYTES_MAX} bytes at most`),
    name: z.string().min(1).max(64).optional().describe("For people"),
  }),
);

export const ActiveBody = once(() => z.strictObject({ digest: Digest(), mode: Mode().default("enforce") }));

export const Policy = once(() =>
  z.object({
    digest: Digest(),
    name: z.string().nullable(),
    bytes: z.int(),
    published_at: z.string().describe("RFC 3339, UTC"),
    published_by: z.string(),
    mode: Mode().nullable().describe("Null: it is not active"),
  }),
);

export const PublishedPolicy = once(() =>
  Policy().extend({
    undecided: z.array(z.string()).describe("Actions that it has no answer to: while it is active they are denied"),
  }),
);

export const PolicyList = once(() => z.object({ items: z.array(Policy()), next_cursor: z.null() }));
