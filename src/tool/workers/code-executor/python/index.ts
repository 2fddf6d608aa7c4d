/** The isolate of `code_executor` for Python: one method, JSON in, JSON out. */
import type { Gateway, WorkerRequest } from "../../../contract.ts";
import { ToolEntrypoint } from "../../entrypoint.ts";
import { parseImage } from "../../image.ts";
import { createPace } from "../pace.ts";
import { systemRandomBytes } from "../random-bytes.ts";
import { runPython } from "./program.ts";
import started from "./python.image";
import wasm from "./python.wasm";
import library from "./python-library.zip";
import trampoline from "./python-trampoline.wasm";

const parts = {
  ...{ wasm, trampoline, randomBytes: systemRandomBytes },
  image: parseImage(new Uint8Array(started)),
  library: new Uint8Array(library),
};

export default class PythonExecutor extends ToolEntrypoint {
  async run(requestJson: string, _: Gateway | null, call?: Pick<Request, "signal">): Promise<string> {
    // A cast, because the host that built this string is the only caller.
    const request = JSON.parse(requestJson) as WorkerRequest;
    return JSON.stringify(await runPython(request, { ...parts, pace: createPace(call) }));
  }
}
