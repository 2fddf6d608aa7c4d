/** The isolate of a pack's own tool: one method, JSON in, JSON out. The tool's bundle is one of its modules. */
import type { Gateway, WorkerRequest } from "../../../contract.ts";
import { ToolEntrypoint } from "../../entrypoint.ts";
import { parseImage } from "../../image.ts";
import { createPace } from "../pace.ts";
import { systemRandomBytes } from "../random-bytes.ts";
import bundle from "./bundle.txt";
import { callTool } from "./call.ts";
import { sendOut } from "./outbound.ts";
import file from "./pack-tool.image";
import type { OutboundRequest } from "./protocol.ts";
import wasm from "./quickjs.wasm";

const parts = {
  ...{ wasm, bundle, randomBytes: systemRandomBytes },
  image: parseImage(new Uint8Array(file)),
};

export default class PackTool extends ToolEntrypoint {
  async run(requestJson: string, gateway: Gateway | null, call?: Pick<Request, "signal">): Promise<string> {
    // A cast, because the host that built this string is the only caller.
    const request = JSON.parse(requestJson) as WorkerRequest;
    const send = (outbound: OutboundRequest) => sendOut(gateway, outbound);
    return JSON.stringify(await callTool(request, { ...parts, pace: createPace(call), send }));
  }
}
