/** The Durable Objects of this Worker: each room's class with the services it asks for. Wiring only. */
import {
  KeyObject as Key,
  LimiterObject as Limiter,
  SecretObject as Secret,
  TenantObject as Tenant,
} from "./api/object.ts";
import { AuditObject as Audit } from "./audit/object.ts";
import type { Bindings } from "./bindings.ts";
import { DoorbellObject as Doorbell, WebhookObject as Webhook } from "./event/object.ts";
import { SessionMemoryObject as SessionMemory } from "./memory/object.ts";
import { BreakerObject as Breaker } from "./model/object.ts";
import { systemClock } from "./platform/index.ts";
import { policyServices } from "./policies.ts";
import { PolicyObject as Policy } from "./policy/object.ts";
import { DirectoryObject as Directory, TaskObject as Task, TenantIndexObject as TenantIndex } from "./task/object.ts";
import { ToolGateObject as ToolGate } from "./tool/object.ts";
import {
  auditServices,
  doorbellServices,
  indexServices,
  keyServices,
  secretServices,
  taskServices,
  tenantServices,
  webhookServices,
} from "./wire.ts";

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
    super(ctx, env, tenantServices(env));
  }
}
export class AuditObject extends Audit<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, auditServices(env));
  }
}
export class SecretObject extends Secret<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, secretServices(env));
  }
}
export class PolicyObject extends Policy<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, policyServices(env));
  }
}
export class DoorbellObject extends Doorbell<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, doorbellServices(env));
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
export class WebhookObject extends Webhook<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, webhookServices(env));
  }
}
