/** The second public face of this room: what imports `cloudflare:workers`, so that index.ts also loads in plain Node. */

export { SessionMemoryObject } from "./session-object.ts";
