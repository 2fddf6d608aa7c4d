/** Worker entry: requests, the run queue, the cron, and the classes that the platform makes. Wiring only; see wire.ts. */
import type { Bindings } from "./bindings.ts";
import { consume, sweepDoorbells, sweepTenants } from "./consume.ts";
import { createLog } from "./platform/index.ts";
import { apiDeps, configOf, createApi } from "./wire.ts";

export {
  AuditObject,
  BreakerObject,
  DirectoryObject,
  DoorbellObject,
  KeyObject,
  LimiterObject,
  PolicyObject,
  SecretObject,
  SessionMemoryObject,
  TaskObject,
  TenantIndexObject,
  TenantObject,
  ToolGateObject,
  WebhookObject,
} from "./objects.ts";
export { ToolRunner } from "./tool/object.ts";

let api: ReturnType<typeof createApi> | null = null;

export default {
  async fetch(request, env, context) {
    const config = configOf(env);
    if (!config.ok) return misconfigured(config.error);
    api ??= createApi(apiDeps(env, config.value));
    return api(request, context);
  },
  async queue(batch, env) {
    return consume(batch, env);
  },
  async scheduled(_controller, env) {
    await Promise.all([sweepTenants(env), sweepDoorbells(env)]);
  },
} satisfies ExportedHandler<Bindings>;

/** A Worker with bad configuration serves nothing at all: half a configuration is a guess about security. */
const misconfigured = (faults: readonly string[]): Response => {
  createLog().error("configuration.invalid", { faults: faults.join(" ") });
  return Response.json(
    { code: "UNAVAILABLE", message: "The service is misconfigured; its log says how." },
    { status: 503, headers: { "content-type": "application/problem+json", "retry-after": "60" } },
  );
};
