/**
 * Writes the Worker's modules into `dist/worker/`, for Wrangler to serve or to upload as they are. What an earlier build
 * left there is removed, because everything in that folder is uploaded.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { placeFile } from "./place-file.ts";
import { bundleWorker, WORKER_FOLDER } from "./worker-bundle.ts";

const { modules, sourceMaps } = await bundleWorker();
const files = [...modules, ...sourceMaps];
for (const { name, content } of files) await placeFile(join(WORKER_FOLDER, name), content);
const made = new Set(files.map(({ name }) => join(WORKER_FOLDER, name)));
for (const entry of await readdir(WORKER_FOLDER, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !made.has(path)) await rm(path, { force: true });
}
