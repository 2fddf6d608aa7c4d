/** The isolate of `code_executor` for Bash: one method, JSON in, JSON out. */
import type { Gateway, WorkerRequest } from "../../../contract.ts";
import { ToolEntrypoint } from "../../entrypoint.ts";
import { parseImage } from "../../image.ts";
import { createPace } from "../pace.ts";
import { systemRandomBytes } from "../random-bytes.ts";
import { runShell } from "./program.ts";
import wasm from "./quickjs.wasm";
import shell from "./shell.image";

const parts = {
  ...{ wasm, randomBytes: systemRandomBytes },
  image: parseImage(new Uint8Array(shell)),
};

export default class BashExecutor extends ToolEntrypoint {
  async run(requestJson: string, _: Gateway | null, call?: Pick<Request, "signal">): Promise<string> {
    // A cast, because the host that built this string is the only caller.
    const request = JSON.parse(requestJson) as WorkerRequest;
    return JSON.stringify(await runShell(request, { ...parts, pace: createPace(call) }));
  }
}
