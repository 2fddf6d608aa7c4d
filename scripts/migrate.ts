/**
 * `npm run migrate`: brings the database of DATABASE_OWNER_URL (a direct connection of its owner) to this version. The
 * passwords in DATABASE_URL and OUTBOX_DATABASE_URL, when they are set, become those of the two roles.
 */
import { join } from "node:path";
import { migrate, readMigrations } from "../src/local/database/migrate.ts";
import { connectOwner } from "../src/local/database/postgres.ts";
import { ROOT } from "./run.ts";

async function main(): Promise<string | null> {
  const url = process.env.DATABASE_OWNER_URL;
  if (url === undefined || url === "")
    return "DATABASE_OWNER_URL is not set: the URL of the database's owner, not pooled.";
  const app = loginOf("DATABASE_URL", "app_user");
  const publisher = loginOf("OUTBOX_DATABASE_URL", "outbox_publisher");
  if (!app.ok) return app.fault;
  if (!publisher.ok) return publisher.fault;
  const client = await connectOwner(url);
  try {
    const done = await migrate(client, {
      migrations: await readMigrations(join(ROOT, "migrations")),
      passwords: { app_user: app.password, outbox_publisher: publisher.password },
    });
    if (!done.ok) return done.error;
    process.stdout.write(
      done.value.length === 0 ? "migrate: up to date\n" : `migrate: applied ${done.value.join(", ")}\n`,
    );
    return null;
  } finally {
    await client.close();
  }
}

type Login = { readonly ok: true; readonly password: string | null } | { readonly ok: false; readonly fault: string };

/** Null when the variable is not set, or carries no password. */
function loginOf(variable: string, role: string): Login {
  const value = process.env[variable];
  if (value === undefined || value === "") return { ok: true, password: null };
  const url = URL.parse(value);
  if (url === null || decodeURIComponent(url.username) !== role) {
    return { ok: false, fault: `${variable} must be a PostgreSQL URL of the user ${role}.` };
  }
  return { ok: true, password: url.password === "" ? null : decodeURIComponent(url.password) };
}

const fault = await main().catch((thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)));
if (fault !== null) process.stderr.write(`migrate: ${fault}\n`);
process.exitCode = fault === null ? 0 : 1;
