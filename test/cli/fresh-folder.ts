/** A folder of a suite's own, and the files that it writes there. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export async function makeFolder(prefix: string) {
  const root = await mkdtemp(join(tmpdir(), prefix));
  return {
    root,
    write: async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    },
    remove: () => rm(root, { recursive: true }),
  };
}
