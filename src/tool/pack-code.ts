/** An engine with the pack's own code in it. The code is read once and kept while there is room. */
import { loadToolCode } from "../pack/index.ts";
import { lengthPrefixed, sha256Hex } from "../platform/index.ts";
import type { Engine } from "./engine.ts";
import { TOOL_CODE_CACHE_CHARS_MAX } from "./limits.ts";
import type { RunnerCall } from "./runner.ts";

/** Finished values only, by shelf and digest: a promise made by one request must not be awaited by another. */
const kept = new Map<string, string>();
let keptChars = 0;

/** @throws when the registry no longer has the code, or has another. */
export async function withPackCode(
  engine: Engine,
  code: NonNullable<RunnerCall["code"]>,
  bucket: R2Bucket,
): Promise<Engine> {
  const key = `${code.owner}/${code.digest}`;
  const source = kept.get(key) ?? (await loadToolCode(bucket, code.owner, code.digest));
  if (source === null) throw new Error(`the registry has no tool ${key}`);
  keep(key, source);
  return {
    mainModule: engine.mainModule,
    digest: await sha256Hex(lengthPrefixed([engine.digest, code.digest])),
    modules: { ...engine.modules, "bundle.txt": { text: source } },
  };
}

/** The newest is last. */
function keep(key: string, source: string): void {
  if (!kept.delete(key)) keptChars += source.length;
  kept.set(key, source);
  for (const [oldest, { length }] of kept) {
    if (keptChars <= TOOL_CODE_CACHE_CHARS_MAX) return;
    kept.delete(oldest);
    keptChars -= length;
  }
}
