/**
 * Which paths are RPC's, and its door when there is a call for it: a Worker that only ever answers REST does not pay for
 * Connect and for the shapes of its messages.
 */

/** Paths of the services, as Connect makes them of their names. */
const RPC_PATH = /^\/(?:vasini\.agent\.v1\.AgentService|grpc\.health\.v1\.Health)\//;

export const isRpcPath = (path: string): boolean => RPC_PATH.test(path);

const load = async () => (await import("./rpc.ts")).createRpc();
let rpc: ReturnType<typeof load> | null = null;

/** The same one for all requests: it holds nothing of any of them. */
export function loadRpc(): ReturnType<typeof load> {
  rpc ??= load();
  return rpc;
}
