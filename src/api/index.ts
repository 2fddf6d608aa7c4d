/** The doors: REST over Hono, RPC over Connect. The only room that knows HTTP. */

export { createAccessCheck } from "./access-check.ts";
export { createApi } from "./api.ts";
export { type AuthWitness, createAuthWitness } from "./auth-witness.ts";
export { type CredentialConfig, type Credentials, createCredentials, kindOf } from "./credentials.ts";
export type { ApiConfig, ApiDeps, Background, Readiness, ReadyChecks } from "./deps.ts";
export { createUpstashCounter } from "./limiter-upstash.ts";
export { createRateLimiter, type RateLimiter, toPolicies } from "./rate-limiter.ts";
export { createTellRefusedKey, type TellRefusedKey } from "./refused-key.ts";
export { createTenantProjection } from "./tenant-projection.ts";
