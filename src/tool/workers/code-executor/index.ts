/** The isolate of `code_executor`: one method, JSON in, JSON out. */
import type { Gateway, WorkerRequest } from "../../contract.ts";
import { ToolEntrypoint } from "../entrypoint.ts";
import { parseImage } from "../image.ts";
import file from "./code-executor.image";
import { createPace } from "./pace.ts";
import { runProgram } from "./program.ts";
import wasm from "./quickjs.wasm";
import { systemRandomBytes } from "./random-bytes.ts";
import stripFile from "./strip.image";

const image = parseImage(new Uint8Array(file));
const stripper = parseImage(new Uint8Array(stripFile));
const parts = { wasm, image, stripper, randomBytes: systemRandomBytes };

export default class CodeExecutor extends ToolEntrypoint {
  async run(requestJson: string, _: Gateway | null, call?: Pick<Request, "signal">): Promise<string> {
    // A cast, because the host that built this string is the only caller.
    const request = JSON.parse(requestJson) as WorkerRequest;
    return JSON.stringify(await runProgram(request, { ...parts, pace: createPace(call) }));
  }
}
