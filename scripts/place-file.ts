/** How builds write what others may be reading: two starts side by side, or a start beside the tests. */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ROOT } from "./run.ts";

/** On the same disk as all that is built, and in no folder that is served or uploaded. */
const BESIDE = join(ROOT, "dist/cache");

/**
 * A reader has the old file or the new one, never a part. One that would not change is left as it is, with its time, so that
 * nothing that watches it wakes up.
 * @returns whether it was written.
 */
export async function placeFile(path: string, content: Uint8Array): Promise<boolean> {
  const before = await readFile(path).catch(() => null); // absent: then it is written
  if (before !== null && Buffer.compare(before, content) === 0) return false;
  await Promise.all([dirname(path), BESIDE].map((folder) => mkdir(folder, { recursive: true })));
  const beside = join(BESIDE, `placing-${randomUUID()}`);
  await writeFile(beside, content);
  await rename(beside, path);
  return true;
}
