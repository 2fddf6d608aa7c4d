/** Packs for the suites of this folder: those of the repository, and small ones written in place. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { type ComposedPack, composePack, type PackFiles, type PackProblem } from "../../src/pack/index.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Every file below `packs/`, by path inside it. */
export function repositoryPacks(): Map<string, string> {
  const root = join(ROOT, "packs");
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(root, path).split(sep).join("/"), readFileSync(path, "utf8")];
    }),
  );
}

/** The least manifest, five lines without its role; `more` follows them from line 6. */
export const manifest = (more: string, packId = "test"): string =>
  `schema_version: "1.0"\npack_id: ${packId}\nversion: 1.0.0\nrisk_level: low\nauthor: { name: Tester }\n${more}`;

/** One line. */
export const ROLE = "role: { title: Tester, domain: Testing, seniority: junior, goal: { primary: Test } }\n";

/** A pack `test`: its manifest, and other files by path. */
export const packOf = (text: string, others: Readonly<Record<string, string>> = {}): PackFiles =>
  new Map([["test/profession-pack.yaml", text], ...Object.entries(others)]);

/** The composed pack. @throws when it does not compose, with its problems. */
export async function composed(files: PackFiles, folder = "test"): Promise<ComposedPack> {
  const result = await composePack(files, folder);
  if (result.ok) return result.value;
  throw new Error(result.error.map(show).join("\n"));
}

/** Errors and warnings alike. */
export async function problemsOf(files: PackFiles, folder = "test", strict = false): Promise<readonly PackProblem[]> {
  const result = await composePack(files, folder, { strict });
  return result.ok ? result.value.warnings : result.error;
}

export const errorsOf = async (files: PackFiles, folder = "test"): Promise<readonly PackProblem[]> =>
  (await problemsOf(files, folder)).filter(({ severity }) => severity === "error");

export const show = ({ severity, file, line, column, pointer, message, found, expected }: PackProblem): string =>
  `${severity} ${file}:${line}:${column} ${pointer} ${message} (found ${found}, expected ${expected})`;

/** `file:line pointer`. */
export const place = ({ file, line, pointer }: PackProblem): string => `${file}:${line} ${pointer}`.trim();
