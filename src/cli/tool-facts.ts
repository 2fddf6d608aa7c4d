/**
 * What a bundled tool says of itself. To know it the bundle has to run once, and a pack may be anybody's: so it runs in
 * an engine of its own with nothing in its world, as it later does in the sandbox, and only text comes out.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { TOOL_CALLS_MAX, TOOL_FACTS_BYTES_MAX } from "./limits.ts";

const PACKAGE = "@jitl/quickjs-wasmfile-release-sync";
const ALL_INTRINSICS = 0;

const PAGE_BYTES = 65_536;
/** What the build asks for at its start; with less it does not load. */
const INITIAL_PAGES = 256;

/** The global that the bundle leaves its exports in: what the sandbox looks for too. */
export const BUNDLE_GLOBAL = "__tool";

/** Looks at the exports without running what they hold; getters of the tool's are its own affair, inside the engine. */
const QUESTION = `(() => {
  const tool = ${BUNDLE_GLOBAL}.default;
  if (typeof tool?.run !== "function") return "";
  return JSON.stringify({ description: tool.description, parameters: tool.parameters });
})()`;

/** The tool's own words as JSON, empty when it is no tool; or what it threw. */
export type ToolFacts = { readonly ok: true; readonly json: string } | { readonly ok: false; readonly thrown: string };

/** Never rejects for anything that the bundle may do. */
export async function askTool(bundle: string): Promise<ToolFacts> {
  const engine = await startEngine();
  const loaded = engine.evaluate(bundle);
  return loaded.ok ? engine.evaluate(QUESTION) : loaded;
}

async function startEngine() {
  const { default: loadModule } = await import("@jitl/quickjs-wasmfile-release-sync/emscripten-module");
  const { QuickJSFFI } = await import("@jitl/quickjs-wasmfile-release-sync/ffi");
  const wasm = await readFile(createRequire(import.meta.url).resolve(`${PACKAGE}/wasm`));
  // The engine's own limit is counted late; a memory that cannot grow is an end that nothing gets around.
  const wasmMemory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: TOOL_FACTS_BYTES_MAX / PAGE_BYTES });
  const loose: unknown = await loadModule({ wasmBinary: new Uint8Array(wasm).buffer, wasmMemory });
  // Two casts from the package's branded numbers to plain ones; its own methods have exactly these shapes.
  const module = loose as LooseModule;
  const ffi = new QuickJSFFI(loose as never) as unknown as Ffi;
  let calls = 0;
  const silent = () => undefined;
  module.callbacks = {
    ...{ callFunction: silent, loadModuleSource: silent, freeHostRef: silent },
    // Counted, not timed: the same bundle gets the same answer on every machine.
    shouldInterrupt: () => (++calls > TOOL_CALLS_MAX ? 1 : 0),
  };
  const runtime = ffi.QTS_NewRuntime();
  ffi.QTS_RuntimeEnableInterruptHandler(runtime);
  const context = ffi.QTS_NewContext(runtime, ALL_INTRINSICS);
  return {
    evaluate(code: string): ToolFacts {
      const bytes = module.lengthBytesUTF8(code);
      const pointer = module._malloc(bytes + 1);
      module.stringToUTF8(code, pointer, bytes + 1);
      const value = ffi.QTS_Eval(context, pointer, bytes, "tool.js", 0, 0);
      const error = ffi.QTS_ResolveException(context, value);
      const text = module.UTF8ToString(ffi.QTS_GetString(context, error === 0 ? value : error));
      return error === 0 ? { ok: true, json: text } : { ok: false, thrown: text };
    },
  };
}

type LooseModule = {
  _malloc(bytes: number): number;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, bytes: number): void;
  UTF8ToString(pointer: number): string;
  callbacks: Readonly<Record<"callFunction" | "loadModuleSource" | "freeHostRef" | "shouldInterrupt", () => unknown>>;
};

/** @see quickjs-emscripten, c/interface.c */
type Ffi = {
  QTS_NewRuntime(): number;
  QTS_RuntimeEnableInterruptHandler(runtime: number): void;
  QTS_NewContext(runtime: number, intrinsics: number): number;
  QTS_Eval(context: number, code: number, length: number, file: string, detect: number, flags: number): number;
  QTS_ResolveException(context: number, value: number): number;
  QTS_GetString(context: number, value: number): number;
};
