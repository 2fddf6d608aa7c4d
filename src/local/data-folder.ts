/**
 * Makes the data folder. By hand, one folder at a time: Node's recursive `mkdir` never returns where a parent exists and
 * takes no children (/proc).
 */
import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { err, ok, type Result } from "../platform/index.ts";

/** For its owner alone, with the folder of keys in it; or one sentence. */
export async function makeDataFolder(dataDir: string): Promise<Result<null, string>> {
  try {
    for (const folder of await missingFolders(join(dataDir, "keys"))) await makeOne(folder);
    return ok(null);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
    return err(
      `The data folder ${dataDir} cannot be made (${code}); set VASINI_DATA_DIR to a folder you may write to.`,
    );
  }
}

/** The folders that are not there, outermost first. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== "ENOENT") throw thrown;
      return null;
    });
    if (found !== null || folder === dirname(folder)) return missing.reverse();
    missing.push(folder);
  }
}

async function makeOne(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((thrown: NodeJS.ErrnoException) => {
    // Another start made it meanwhile; the lock decides between the two.
    if (thrown.code !== "EEXIST") throw thrown;
  });
}
