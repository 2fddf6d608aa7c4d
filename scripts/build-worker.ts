/**
 * Writes the Worker's modules into `dist/worker/`, for Wrangler to serve or to upload as they are. What an earlier build
 * left there is removed, because everything in that folder is uploaded.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundleWorker, WORKER_FOLDER } from "./worker-bundle.ts";

const { modules, sourceMaps } = await bundleWorker();
const files = [...modules, ...sourceMaps];
await mkdir(WORKER_FOLDER, { recursive: true });
for (const { name, content } of files) {
  const path = join(WORKER_FOLDER, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
const made = new Set(files.map(({ name }) => join(WORKER_FOLDER, name)));
for (const entry of await readdir(WORKER_FOLDER, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !made.has(path)) await rm(path);
}
