/**
 * A session with an MCP server for as long as one call lasts: calls of other tasks never meet in it, and nothing of it
 * is kept. The protocol is the official SDK's.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport, StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpError, ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/cfworker";
import type { Gateway } from "../../contract.ts";
import { CallError } from "../call-error.ts";
import { MCP_FAREWELL_MS_MAX } from "../limits.ts";
import { fetchThrough } from "./fetch.ts";

export type Place = { readonly gateway: Gateway; readonly url: string; readonly timeoutMs: number };

export type Answer = { readonly [name: string]: unknown };

export type Session = {
  /** The result as it came: what is in it is for the caller to look at. */
  request(method: string, params: { readonly [name: string]: unknown }): Promise<Answer>;
};

const NOT_FOUND = 404;

/** @throws CallError for whatever the server or the way to it did wrong. */
export async function withSession<T>(place: Place, work: (session: Session) => Promise<T>): Promise<T> {
  try {
    return await withinSession(place, work);
  } catch (thrown) {
    // A server that no longer knows the session did not take the request: a new one is begun, once.
    if (!(thrown instanceof SessionLost)) throw toCallError(thrown);
  }
  try {
    return await withinSession(place, work);
  } catch (thrown) {
    throw toCallError(thrown);
  }
}

class SessionLost extends CallError {
  constructor() {
    super("TOOL_FAILED", "the server forgot its session twice");
  }
}

async function withinSession<T>(place: Place, work: (session: Session) => Promise<T>): Promise<T> {
  const transport = new StreamableHTTPClientTransport(new URL(place.url), { fetch: fetchThrough(place.gateway) });
  const client = new Client(
    { name: "vasini", version: "1" },
    // No roots, sampling or elicitation: a server asks nothing of us. The default validator makes code of schemas.
    { capabilities: {}, jsonSchemaValidator: new CfWorkerJsonSchemaValidator() },
  );
  const options = { timeout: place.timeoutMs };
  try {
    await client.connect(transport, options);
    return await work({ request: (method, params) => client.request({ method, params }, ResultSchema, options) });
  } catch (thrown) {
    const isLost = transport.sessionId !== undefined && codeOf(thrown) === NOT_FOUND;
    throw isLost ? new SessionLost() : thrown;
  } finally {
    await farewell(transport);
    await client.close();
  }
}

const codeOf = (thrown: unknown): unknown => (thrown instanceof StreamableHTTPError ? thrown.code : undefined);

/** Tells the server that the session is over, for a short time: the call's result does not depend on it. */
async function farewell(transport: StreamableHTTPClientTransport): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, MCP_FAREWELL_MS_MAX);
  });
  // Its failure is the server's affair.
  await Promise.race([transport.terminateSession().catch(() => undefined), late]);
  clearTimeout(timer);
}

/** The server's words go to whoever reads the error as data, cut by the host. */
function toCallError(thrown: unknown): CallError {
  if (thrown instanceof CallError) return thrown;
  if (thrown instanceof McpError) {
    const isTimeout = thrown.code === REQUEST_TIMEOUT;
    return new CallError(isTimeout ? "TOOL_TIMEOUT" : "TOOL_FAILED", thrown.message);
  }
  // Below zero the SDK means no status but what the answer held.
  if (thrown instanceof StreamableHTTPError && Number(thrown.code) > 0) {
    return new CallError("TOOL_FAILED", `the server answered with the status ${thrown.code}`);
  }
  return new CallError("TOOL_FAILED", "the server does not speak MCP as it should");
}

/** What the SDK itself says when no answer comes. */
const REQUEST_TIMEOUT = -32_001;
