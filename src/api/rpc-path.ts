/**
 * Which paths are RPC's, and its door when there is a call for it: a Worker that only ever answers REST does not pay for
 * Connect and for the shapes of its messages.
 */
import type { createRpc } from "./rpc.ts";

/** Paths of the services, as Connect makes them of their names. */
const RPC_PATH = /^\/(?:vasini\.agent\.v1\.AgentService|grpc\.health\.v1\.Health)\//;

export const isRpcPath = (path: string): boolean => RPC_PATH.test(path);

let rpc: ReturnType<typeof createRpc> | null = null;

/**
 * The same one for all requests: it holds nothing of any of them. Only what is finished is kept: a promise of one
 * request must not be waited for by another, and a failure is not for ever.
 */
export async function loadRpc(): Promise<ReturnType<typeof createRpc>> {
  rpc ??= (await import("./rpc.ts")).createRpc();
  return rpc;
}
