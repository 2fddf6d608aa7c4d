/**
 * Starts an engine as a call would find it and takes its memory: what takes a moment once, when the assets are built,
 * takes none when a tool is called. Run by scripts/build-assets.ts.
 */
import { Engine } from "../src/tool/workers/code-executor/engine.ts";
import { HOST_GLOBAL } from "../src/tool/workers/code-executor/protocol.ts";

/** Room to load in; a call's own limit comes with the call. */
const LOAD_BYTES = 64 * 1024 * 1024;

/** Made at run time, which Node can and the Workers types say nobody can. */
export const compileModule = (bytes: Uint8Array): WebAssembly.Module =>
  Reflect.construct(WebAssembly.Module, [bytes]) as WebAssembly.Module; // what that constructor makes

/**
 * @param wasm the metered QuickJS.
 * @param script the shell as one script; all it may ask of the host while it loads is the time.
 */
export async function buildShellImage(wasm: Uint8Array, script: string): Promise<Uint8Array<ArrayBuffer>> {
  const module = compileModule(wasm);
  const engine = await Engine.start({ wasm: module, memoryBytes: LOAD_BYTES, tick: () => 0 });
  engine.define(HOST_GLOBAL, () => "=0");
  const loaded = await engine.evaluate(script, { file: "shell.js", async: false });
  if (!loaded.ok) throw new Error(`the shell does not load: ${engine.errorText(loaded.error)}`);
  await engine.runJobs();
  return engine.freeze(module);
}
