/** What every tool's isolate offers: JSON in, JSON out. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { ANSWER_HEADER, ANSWERED_IN_HEAD, CALL_HEADER, fitsHead, type Gateway } from "../contract.ts";

export abstract class ToolEntrypoint extends WorkerEntrypoint {
  /**
   * @param gateway the call's way out; null when it has none.
   * @param call what it came with: its signal aborts when it is taken back, a moment before the platform stops it. Absent
   *   when it has a way out.
   */
  abstract run(requestJson: string, gateway: Gateway | null, call?: Pick<Request, "signal">): string | Promise<string>;

  /** A call that reaches nothing, as a request: whoever takes it back stops it. */
  override async fetch(request: Request): Promise<Response> {
    const requestJson = request.headers.get(CALL_HEADER) ?? (await request.text());
    const answer = await this.run(requestJson, null, request);
    if (!fitsHead(answer)) return new Response(answer);
    return new Response(null, { status: ANSWERED_IN_HEAD, headers: { [ANSWER_HEADER]: answer } });
  }
}
