/** The second public face of this room: what imports `cloudflare:workers`, so that index.ts also loads in plain Node. */

export { KeyObject, type KeyServices } from "./key-object.ts";
export { LimiterObject } from "./limiter-object.ts";
export { SecretObject, type SecretServices } from "./secret-object.ts";
export { TenantObject, type TenantServices } from "./tenant-object.ts";
