/**
 * Writes docs/guard-rates.md. With a folder that holds the set which is too large to keep, that one is measured too:
 * node test/guard/write-rates.ts [FOLDER]
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LARGE, MEASURED, rateOf, readLines, toPage } from "./rates.ts";

const [folder] = process.argv.slice(2);
if (folder !== undefined) {
  const rate = rateOf(readLines(join(folder, `${LARGE}.jsonl`)));
  const on = new Date().toISOString().slice(0, 10);
  writeFileSync(MEASURED, `${JSON.stringify({ on, ...rate }, null, 2)}\n`);
}
writeFileSync(join(import.meta.dirname, "../../docs/guard-rates.md"), toPage());
