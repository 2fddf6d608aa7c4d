/** The doors: REST over Hono, RPC over Connect. The only room that knows HTTP. */

export { createApi } from "./api.ts";
export type { ApiConfig, ApiDeps, Background, ReadyChecks } from "./deps.ts";
