/** A tool's requests on their way to its call's gateway, which decides about each, and the answers as a tool reads them. */
import type { Gateway } from "../../../contract.ts";
import { CallError } from "../../call-error.ts";
import { joined, send } from "../../send.ts";
import type { OutboundAnswer, OutboundRequest } from "./protocol.ts";

/** Rejects only for what is a bug. */
export async function sendOut(
  gateway: Gateway | null,
  { url, method, headers, body }: OutboundRequest,
): Promise<OutboundAnswer> {
  try {
    const received = await send(gateway, {
      url,
      method: method.toUpperCase(),
      headers: Object.entries(headers),
      body: body === null ? null : new TextEncoder().encode(body),
    });
    const text = new TextDecoder().decode(received.body);
    return { ok: true, status: received.status, headers: joined(received.headers), body: text };
  } catch (thrown) {
    if (thrown instanceof CallError) return { ok: false, code: thrown.code, message: thrown.message };
    throw thrown;
  }
}
