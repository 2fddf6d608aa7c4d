/** An engine with the pack's own code in it. The code is read once and kept while there is room. */
import { loadToolCode } from "../pack/index.ts";
import { lengthPrefixed, sha256Hex } from "../platform/index.ts";
import type { Engine } from "./engine.ts";
import { TOOL_CODE_CACHE_CHARS_MAX } from "./limits.ts";
import type { RunnerCall } from "./runner.ts";

/** A tool's source, and what was made of it with the engine it was last asked for with. */
type Kept = { readonly source: string; readonly engine: Engine; readonly made: Engine };

/** Finished values only, by shelf and digest: a promise made by one request must not be awaited by another. */
const kept = new Map<string, Kept>();
let keptChars = 0;

/** @throws when the registry no longer has the code, or has another. */
export async function withPackCode(
  engine: Engine,
  code: NonNullable<RunnerCall["code"]>,
  bucket: R2Bucket,
): Promise<Engine> {
  const key = `${code.owner}/${code.digest}`;
  const before = kept.get(key);
  if (before?.engine === engine) {
    keep(key, before);
    return before.made;
  }
  const source = before?.source ?? (await loadToolCode(bucket, code.owner, code.digest));
  if (source === null) throw new Error(`the registry has no tool ${key}`);
  const made = {
    mainModule: engine.mainModule,
    digest: await sha256Hex(lengthPrefixed([engine.digest, code.digest])),
    modules: { ...engine.modules, "bundle.txt": { text: source } },
  };
  keep(key, { source, engine, made });
  return made;
}

/** The newest is last. */
function keep(key: string, code: Kept): void {
  if (!kept.delete(key)) keptChars += code.source.length;
  kept.set(key, code);
  for (const [oldest, { source }] of kept) {
    if (keptChars <= TOOL_CODE_CACHE_CHARS_MAX) return;
    kept.delete(oldest);
    keptChars -= source.length;
  }
}
