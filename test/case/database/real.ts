/** A database of its own on the server of TEST_DATABASE_URL (its superuser), migrated; dropped at the end. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { openEndpoint } from "../../../src/local/database/endpoint.ts";
import { migrate, readMigrations } from "../../../src/local/database/migrate.ts";
import { connectOwner, createPostgresBackend } from "../../../src/local/database/postgres.ts";
import { type Bench, USERS } from "./bench.ts";

export function serverUrl(): URL {
  const url = URL.parse(process.env.TEST_DATABASE_URL ?? "");
  if (url === null) throw new Error("TEST_DATABASE_URL is not set: run this by npm run test:real");
  return url;
}

export async function openReal(): Promise<Bench> {
  const server = serverUrl();
  const database = `vasini_${randomUUID().replaceAll("-", "")}`;
  const admin = await connectOwner(server.href);
  await admin.exec(`create database ${database}`);
  const own = new URL(server);
  own.pathname = `/${database}`;
  const owner = await connectOwner(own.href);
  const migrations = await readMigrations(join(import.meta.dirname, "../../../migrations"));
  const done = await migrate(owner, { migrations, passwords: USERS });
  await owner.close();
  if (!done.ok) throw new Error(done.error);
  const backend = createPostgresBackend({ host: server.hostname, port: Number(server.port || 5432) });
  const users = { ...USERS, postgres: decodeURIComponent(server.password) };
  const endpoint = await openEndpoint(backend, users, { database });
  return {
    endpoint,
    close: async () => {
      await endpoint.close();
      await admin.exec(`drop database ${database} with (force)`);
      await admin.close();
    },
  };
}
