/** Keys that are made once for this machine and kept beside its data, readable by their owner only. */
import { randomBytes } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What this version needs when nobody set it: 256 bits each, in a form that is safe in headers and files. */
const GENERATED = ["ADMIN_API_KEY", "KEY_PEPPER", "SECRETS_MASTER_KEY", "AUDIT_SIGNING_KEY"] as const;

/** `variables` with every missing key added: read from the data folder, or made there. */
export async function withGeneratedKeys(
  variables: Readonly<Record<string, string>>,
  dataDir: string,
): Promise<Record<string, string>> {
  const complete: Record<string, string> = { ...variables };
  for (const name of GENERATED) complete[name] ??= await readOrMakeKey(join(dataDir, "keys", name));
  return complete;
}

async function readOrMakeKey(path: string): Promise<string> {
  const made = randomBytes(32).toString("base64url");
  try {
    // `wx` decides who makes the key when two processes start at once; the mode is there from the first byte.
    await writeFile(path, `${made}\n`, { flag: "wx", mode: 0o600 });
    return made;
  } catch (thrown) {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) throw thrown;
    await chmod(path, 0o600);
    const kept = (await readFile(path, "utf8")).trim();
    if (kept !== "") return kept;
    await writeFile(path, `${made}\n`, { mode: 0o600 });
    return made;
  }
}
