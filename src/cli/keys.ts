/** `vasini keys`: make, list and revoke API keys. The key itself is the answer on standard output, and stands nowhere else. */
import { parseDuration } from "../platform/index.ts";
import { type CommonFlags, type Context, integerOf } from "./context.ts";
import { EXIT, type ExitCode, ownError } from "./exit.ts";
import { toTable } from "./output.ts";
import { readSettings } from "./settings.ts";
import { shorten } from "./terminal.ts";
import { listOf, objectOf, textOf } from "./value.ts";

type CreateFlags = CommonFlags & { readonly role: readonly string[]; readonly expires?: string };

/** A duration from now on, or a point in time as it is. @throws CliError `USAGE` */
function expiryOf(text: string): string {
  const duration = parseDuration(text);
  if (duration.ok) return new Date(Date.now() + duration.value).toISOString();
  // A bare number is a date to the platform: 90 would be the year 1990.
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString();
  throw ownError("USAGE", `--expires is "${text}"; expected a duration such as 90d, or a time such as 2030-01-31.`);
}

export async function createKey(context: Context, name: string, flags: CreateFlags): Promise<ExitCode> {
  const { tenant } = readSettings(context.environment, flags);
  const made = await context.clientFor(flags).send({
    method: "POST",
    path: "/api/v1/keys",
    body: {
      ...(tenant === null ? {} : { tenant_id: tenant }),
      name,
      roles: flags.role,
      ...(flags.expires === undefined ? {} : { expires_at: expiryOf(flags.expires) }),
    },
  });
  const { key, id, expires_at: expires } = objectOf(made);
  context.output.result(made, () => shorten(textOf(key) ?? "", 400));
  if (context.output.json) return EXIT.ok;
  const until = textOf(expires) === undefined ? "" : `; it ends at ${shorten(textOf(expires) ?? "", 40)}`;
  context.output.note(`This is shown once; keep it now. Id ${shorten(textOf(id) ?? "?", 40)}${until}.`);
  return EXIT.ok;
}

type ListFlags = CommonFlags & { readonly limit?: string; readonly cursor?: string };

export async function listKeys(context: Context, flags: ListFlags): Promise<ExitCode> {
  const query = new URLSearchParams();
  if (flags.limit !== undefined) query.set("limit", String(integerOf("--limit", flags.limit, { min: 1, max: 100 })));
  if (flags.cursor !== undefined) query.set("cursor", flags.cursor);
  const path = `/api/v1/keys${query.size > 0 ? `?${query}` : ""}`;
  const page = await context.clientFor(flags).send({ method: "GET", path });
  const { items, next_cursor: next } = objectOf(page);
  const rows = listOf(items).map((item) => {
    const key = objectOf(item);
    const roles = listOf(key.roles).map((role) => textOf(role) ?? "?");
    const text = (member: string): string => shorten(textOf(key[member]) ?? "-", 60);
    return [
      text("id"),
      text("state"),
      shorten(roles.join(","), 80),
      text("last_used_at"),
      text("expires_at"),
      text("name"),
    ];
  });
  const heads = ["KEY", "STATE", "ROLES", "LAST USED", "EXPIRES", "NAME"];
  context.output.result(page, () => (rows.length === 0 ? "" : toTable(heads, rows)));
  if (context.output.json) return EXIT.ok;
  if (rows.length === 0) context.output.note("No keys. Make one with: vasini keys create my-key --role developer");
  if (typeof next === "string") context.output.note(`More with: --cursor ${shorten(next, 1000)}`);
  return EXIT.ok;
}

export async function revokeKey(context: Context, id: string, flags: CommonFlags): Promise<ExitCode> {
  const path = `/api/v1/keys/${encodeURIComponent(id)}`;
  await context.clientFor(flags).send({ method: "DELETE", path, repeatable: true });
  context.output.result({ id, revoked: true }, () => `revoked ${shorten(id, 64)}`);
  return EXIT.ok;
}
