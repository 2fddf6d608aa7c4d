/**
 * Starts an engine as a call would find it and takes its memory: what takes a moment once, when the assets are built,
 * takes none when a tool is called. Run by scripts/build-assets.ts.
 */
import { Engine } from "../src/tool/workers/code-executor/engine.ts";
import { HOST_GLOBAL } from "../src/tool/workers/code-executor/protocol.ts";
import { Descriptors } from "../src/tool/workers/code-executor/python/descriptors.ts";
import { callExport, type MachineOptions, startMachine } from "../src/tool/workers/code-executor/python/machine.ts";
import { createDisk, PYTHON_ENVIRONMENT } from "../src/tool/workers/code-executor/python/program.ts";
import { createSystem } from "../src/tool/workers/code-executor/python/system.ts";
import { encodeImage } from "../src/tool/workers/image.ts";

/** Room to load in; a call's own limit comes with the call. */
const LOAD_BYTES = 64 * 1024 * 1024;
const NO_QUOTA = { fileBytes: 0, totalBytes: 0, files: 0 };
/** In tracebacks; there is no such file. */
const DRIVER_FILE = "/lib/driver.py";

/** Made at run time, which Node can and the Workers types say nobody can. */
export const compileModule = (bytes: Uint8Array): WebAssembly.Module =>
  Reflect.construct(WebAssembly.Module, [bytes]) as WebAssembly.Module; // what that constructor makes

/**
 * @param wasm the metered QuickJS.
 * @param script what a call finds there; all it may ask of the host while it loads is the time.
 * @param hooks the globals that it leaves for the host.
 */
export async function buildScriptImage(
  wasm: Uint8Array,
  script: string,
  hooks: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const module = compileModule(wasm);
  const engine = await Engine.start({ wasm: module, memoryBytes: LOAD_BYTES, tick: () => 0 });
  engine.define(HOST_GLOBAL, () => "=0");
  const loaded = await engine.evaluate(script, { file: "host.js", async: false });
  if (!loaded.ok) throw new Error(`the script does not load: ${engine.errorText(loaded.error)}`);
  await engine.runJobs();
  return engine.freeze(module, hooks);
}

/** What the interpreter finds while it starts: its library, and nothing of a call. */
export async function buildPythonImage(
  parts: Pick<MachineOptions, "wasm" | "trampoline">,
  library: Uint8Array,
  driver: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const errors: Uint8Array[] = [];
  const disk = createDisk({ files: [], access: "none", scopes: [], quota: NO_QUOTA }, library);
  const nothing = { read: () => new Uint8Array(), write: (bytes: Uint8Array) => void errors.push(bytes.slice()) };
  const options: MachineOptions = {
    ...parts,
    tick: () => 0,
    system: (memory) =>
      createSystem({
        ...{ memory, disk, cwd: "/", env: PYTHON_ENVIRONMENT, memoryBytesMax: LOAD_BYTES },
        descriptors: new Descriptors(disk, [nothing, nothing, nothing]),
        now: () => 0,
        randomBytes: (into) => into.fill(0),
        wait: async () => undefined,
      }),
  };
  const machine = startMachine(options);
  const { memory, exports } = machine;
  const place = (text: string): number => {
    const bytes = new TextEncoder().encode(text).length + 1;
    const at = callExport(exports, "malloc", bytes);
    memory.setText(at, text, bytes);
    return at;
  };
  const global = (name: string): number => Number(Reflect.get(Object(exports[name]), "value"));
  const slot = global("_PyRuntime") + memory.u32(global("_PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET"));
  memory.setU32(slot, Number(Reflect.get(Object(exports.__indirect_function_table), "length")) - 1);
  callExport(exports, "Py_InitializeEx", 0);
  const source = `exec(compile(${JSON.stringify(driver)}, ${JSON.stringify(DRIVER_FILE)}, "exec"))`;
  const failed = callExport(exports, "PyRun_SimpleStringFlags", place(`__file__ = "${DRIVER_FILE}"\n${source}`), 0);
  if (failed !== 0) throw new Error(`Python does not start: ${Buffer.concat(errors).toString()}`);
  const statement = place("_main()");
  const fresh = startMachine(options);
  return encodeImage(memory.bytes(0, memory.size), fresh.memory.bytes(0, fresh.memory.size), [statement]);
}
