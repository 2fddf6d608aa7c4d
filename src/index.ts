/** Worker entry: requests, the run queue, the cron, and the classes of the objects. Wiring only; see wire.ts. */
import { KeyObject as Key, LimiterObject as Limiter, TenantObject as Tenant } from "./api/object.ts";
import type { Bindings } from "./bindings.ts";
import { consumeDead, consumeRuns, DEAD_QUEUE, sweepTenants } from "./consume.ts";
import { SessionMemoryObject as SessionMemory } from "./memory/object.ts";
import { BreakerObject as Breaker } from "./model/object.ts";
import { createLog, systemClock } from "./platform/index.ts";
import { DirectoryObject as Directory, TaskObject as Task, TenantIndexObject as TenantIndex } from "./task/object.ts";
import { ToolGateObject as ToolGate } from "./tool/object.ts";
import { apiDeps, configOf, createApi, indexServices, keyServices, taskServices, tenantServices } from "./wire.ts";

export { ToolRunner } from "./tool/object.ts";

export class TaskObject extends Task<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, taskServices(env, ctx));
  }
}
export class TenantIndexObject extends TenantIndex<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, indexServices(env));
  }
}
export class DirectoryObject extends Directory<Bindings> {}
export class BreakerObject extends Breaker<Bindings> {}
export class KeyObject extends Key<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, keyServices(env));
  }
}
export class TenantObject extends Tenant<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, tenantServices());
  }
}
export class LimiterObject extends Limiter<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, { clock: systemClock });
  }
}
export class SessionMemoryObject extends SessionMemory<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, { clock: systemClock });
  }
}
export class ToolGateObject extends ToolGate<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, { clock: systemClock });
  }
}

let api: ReturnType<typeof createApi> | null = null;

export default {
  async fetch(request, env, context) {
    const config = configOf(env);
    if (!config.ok) return misconfigured(config.error);
    api ??= createApi(apiDeps(env, config.value));
    return api(request, context);
  },
  async queue(batch, env) {
    return batch.queue === DEAD_QUEUE ? consumeDead(batch) : consumeRuns(batch, env);
  },
  async scheduled(_controller, env) {
    await sweepTenants(env);
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
