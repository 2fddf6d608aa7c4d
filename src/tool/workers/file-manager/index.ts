/** The isolate of `file_manager`: one method, JSON in, JSON out. */
import type { WorkerRequest } from "../../contract.ts";
import { ToolEntrypoint } from "../entrypoint.ts";
import { manageFiles } from "./actions.ts";

export default class FileManager extends ToolEntrypoint {
  run(requestJson: string): string {
    // A cast, because the host that built this string is the only caller.
    const request = JSON.parse(requestJson) as WorkerRequest;
    return JSON.stringify(manageFiles(request));
  }
}
