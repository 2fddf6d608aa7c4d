/** What the doctor makes of the server's database, as `/ready` tells of it: is the schema this version's, is the role safe. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { bad, type Check, good, warn } from "./doctor-check.ts";
import { isObject, numberOf } from "./value.ts";

const MIGRATIONS = join(import.meta.dirname, "../../migrations");

/** Number of the last migration of this version. */
export function newestMigration(): number {
  const numbers = readdirSync(MIGRATIONS).map((name) => Number(/^(\d{3})_.*\.sql$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

/** @param database the member of that name in the answer; servers before it have none. */
export function databaseChecks(database: unknown, newest: number): Check[] {
  if (database === undefined) return [];
  if (!isObject(database)) {
    const fix = "set DATABASE_URL and DATABASE_HTTP_ENDPOINT, or use npm start, which brings its own";
    return [warn("database", "none is configured: lists come from the tenants' objects alone", fix)];
  }
  return [checkSchema(numberOf(database.schema_version), newest), checkRole(database.role_is_safe)];
}

function checkSchema(version: number | undefined, newest: number): Check {
  const name = "database: schema";
  if (version === undefined) return warn(name, "not known yet", "bring the database up, then run vasini doctor again");
  if (version === newest) return good(name, `version ${version}, the newest`);
  if (version > newest) {
    return warn(
      name,
      `version ${version} is newer than this command's ${newest}`,
      "use the vasini of the server's version",
    );
  }
  const fix = "npm run migrate (npm start migrates its own database)";
  return bad(name, `version ${version} is older than this version's ${newest}`, fix);
}

function checkRole(isSafe: unknown): Check {
  const name = "database: role";
  if (isSafe === true) return good(name, "cannot bypass row-level security");
  if (isSafe !== false) return warn(name, "not known yet", "bring the database up, then run vasini doctor again");
  const fix = "npm run migrate makes the role app_user; name it in DATABASE_URL";
  return bad(name, "can bypass row-level security, so no task is accepted", fix);
}
