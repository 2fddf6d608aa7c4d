/** The isolate of `git`: one method, JSON in, JSON out, and the call's gateway beside it. */
import type { Gateway, WorkerRequest } from "../../contract.ts";
import { ToolEntrypoint } from "../entrypoint.ts";
import { runGit } from "./run.ts";

const ports = {
  now: () => Date.now(),
  pause: () => new Promise<void>((resolve) => setTimeout(resolve, 0)),
};

export default class Git extends ToolEntrypoint {
  async run(requestJson: string, gateway: Gateway | null): Promise<string> {
    // A cast, because the host that built this string is the only caller.
    return JSON.stringify(await runGit(JSON.parse(requestJson) as WorkerRequest, gateway, ports));
  }
}
