/** `npm run check`'s part for `migrations/`: one line per fault, exit code 1 when there is one. The rules are in sql-rules.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.ts";
import { lintSql } from "./sql-rules.ts";

const folder = join(ROOT, "migrations");
const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
const faults = await Promise.all(
  names.map((name) => lintSql(`migrations/${name}`, readFileSync(join(folder, name), "utf8"))),
);
for (const { file, line, message } of faults.flat()) process.stdout.write(`${file}:${line}: ${message}\n`);
process.stdout.write(`${names.length} files, ${faults.flat().length} faults\n`);
process.exitCode = faults.flat().length === 0 && names.length > 0 ? 0 : 1;
