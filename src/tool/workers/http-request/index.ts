/** The isolate of `http_request`: one method, JSON in, JSON out, and the call's gateway beside it. */
import type { Gateway, WorkerRequest } from "../../contract.ts";
import { ToolEntrypoint } from "../entrypoint.ts";
import { request } from "./request.ts";

export default class HttpRequest extends ToolEntrypoint {
  async run(requestJson: string, gateway: Gateway | null): Promise<string> {
    // A cast, because the host that built this string is the only caller.
    return JSON.stringify(await request(JSON.parse(requestJson) as WorkerRequest, gateway));
  }
}
