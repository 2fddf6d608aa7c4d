/**
 * Starts an engine as a call would find it and takes its memory: what takes a moment once, when the assets are built,
 * takes none when a tool is called. An image is the same from every build of the same code: its name is its digest, so
 * nothing of the time or the machine goes into it. Run by scripts/build-assets.ts.
 */
import { instantiate } from "../src/tool/workers/code-executor/binding.ts";
import { Engine } from "../src/tool/workers/code-executor/engine.ts";
import { HOST_GLOBAL } from "../src/tool/workers/code-executor/protocol.ts";
import { Descriptors } from "../src/tool/workers/code-executor/python/descriptors.ts";
import { callExport, type MachineOptions, startMachine } from "../src/tool/workers/code-executor/python/machine.ts";
import { createDisk, PYTHON_ENVIRONMENT } from "../src/tool/workers/code-executor/python/program.ts";
import { createSystem } from "../src/tool/workers/code-executor/python/system.ts";
import { findRandomState } from "../src/tool/workers/code-executor/random-state.ts";
import { encodeImage } from "../src/tool/workers/image.ts";
import { STACK_BYTES_MAX } from "../src/tool/workers/limits.ts";

/** Room to load in; a call's own limit comes with the call. */
const LOAD_BYTES = 64 * 1024 * 1024;
const NO_QUOTA = { fileBytes: 0, totalBytes: 0, files: 0 };
/** All that a script may ask of the host while it loads is the time. */
const ANSWER = "=0";
const ALL_INTRINSICS = 0;
/** In tracebacks; there is no such file. */
const DRIVER_FILE = "/lib/driver.py";

/** Made at run time, which Node can and the Workers types say nobody can. */
export const compileModule = (bytes: Uint8Array): WebAssembly.Module =>
  Reflect.construct(WebAssembly.Module, [bytes]) as WebAssembly.Module; // what that constructor makes

/**
 * @param wasm the metered QuickJS.
 * @param script what a call finds there. It may ask the host for the time, and gets the same answer in every build.
 * @param hooks the functions that it leaves as globals for the host alone: in the image they are globals no longer.
 */
export async function buildScriptImage(
  wasm: Uint8Array,
  script: string,
  hooks: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const module = compileModule(wasm);
  const instance = await instantiate(module, { memoryBytes: LOAD_BYTES, now: () => 0 });
  instance.serve({ tick: () => 0, callbacks: { callFunction: () => engine.text(ANSWER), loadModule: () => 0 } });
  const { binding, heap } = instance;
  const { runtime, context } = heap.withoutTicks(() => {
    const runtime = binding.QTS_NewRuntime();
    binding.QTS_RuntimeSetMemoryLimit(runtime, LOAD_BYTES);
    binding.QTS_RuntimeSetMaxStackSize(runtime, STACK_BYTES_MAX);
    return { runtime, context: binding.QTS_NewContext(runtime, ALL_INTRINSICS) };
  });
  const engine = new Engine(instance, { runtime, context, hooks: new Map() }, []);
  const evaluate = async (source: string): Promise<number> => {
    const evaluated = await engine.evaluate(source, { file: "host.js", async: false });
    if (!evaluated.ok) throw new Error(`the script does not load: ${engine.errorText(evaluated.error)}`);
    return evaluated.value;
  };
  const hostName = engine.text(HOST_GLOBAL);
  heap.withoutTicks(() => {
    const host = binding.QTS_NewFunction(context, HOST_GLOBAL, 0, false, 0);
    binding.QTS_SetProp(context, binding.QTS_GetGlobalObject(context), hostName, host);
  });
  await evaluate(script);
  await engine.runJobs();
  const handles: number[] = [];
  for (const name of hooks) {
    const isFunction = `if (typeof ${name} !== "function") throw new Error("it leaves no function ${name}");`;
    handles.push(await evaluate(`${isFunction}${name}`));
    await evaluate(`delete globalThis.${name}`);
  }
  const randomState = findRandomState(heap.bytes(), context, engine.numberOf(await evaluate("Math.random()")));
  const fresh = await instantiate(module, { memoryBytes: 0 });
  return encodeImage(heap.bytes(), fresh.heap.bytes(), [runtime, context, randomState, ...handles]);
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
