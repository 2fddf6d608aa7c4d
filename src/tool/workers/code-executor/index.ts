/** The isolate of `code_executor`: one method, JSON in, JSON out. */
import { WorkerEntrypoint } from "cloudflare:workers";
import type { WorkerRequest } from "../../contract.ts";
import guest from "./guest.txt";
import { systemPace } from "./pace.ts";
import { runProgram } from "./program.ts";
import wasm from "./quickjs.wasm";
import strip from "./strip.txt";

export default class CodeExecutor extends WorkerEntrypoint {
  async run(requestJson: string): Promise<string> {
    // A cast, because the host that built this string is the only caller.
    const request = JSON.parse(requestJson) as WorkerRequest;
    return JSON.stringify(await runProgram(request, { wasm, guest, strip, pace: systemPace }));
  }
}
