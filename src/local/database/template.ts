/**
 * A migrated, empty database as one file: making a cluster takes seconds, loading this takes half of one. Kept per
 * version of PGlite and content of the migrations, in a cache that may be deleted at any time.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import type { Migration } from "./migrate.ts";

const NAME = /^database-[0-9a-f]{16}\.tar$/;

export function templatePath(folder: string, migrations: readonly Migration[]): string {
  const hash = createHash("sha256");
  const resolve = createRequire(import.meta.url).resolve;
  for (const name of ["@electric-sql/pglite", "@electric-sql/pglite-pgvector"]) {
    hash.update(readFileSync(join(dirname(resolve(name)), "../package.json")));
  }
  for (const { name, sha256 } of migrations) hash.update(`${name} ${sha256}\n`);
  return join(folder, `database-${hash.digest("hex").slice(0, 16)}.tar`);
}

/** Null when there is none. */
export async function readTemplate(path: string): Promise<Blob | null> {
  try {
    return new Blob([await readFile(path)]);
  } catch {
    // The first start of a version, or a cache that was deleted.
    return null;
  }
}

/** Keeps it for the next start. A cache that cannot be written costs time and nothing else. */
export async function writeTemplate(path: string, content: Blob): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(draft, "wx");
    await file.writeFile(new Uint8Array(await content.arrayBuffer()));
    await file.close();
    // Whole or not at all: several starts may be making it at once.
    await rename(draft, path);
    for (const name of await readdir(dirname(path))) {
      if (NAME.test(name) && name !== basename(path)) await rm(join(dirname(path), name), { force: true });
    }
  } catch {
    await rm(draft, { force: true }).catch(() => {
      // A folder that may not be written to has no draft either.
    });
  }
}
