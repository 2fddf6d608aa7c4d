/** What stands for `cloudflare:workers` where objects run in plain Node: the base classes, and nothing else of it. */

export class DurableObject<Env = unknown> {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx;
    this.env = env;
  }
}

/** Loaded with the rooms, and never made here: isolates are the simulation's own. */
export class RpcTarget {}
export class WorkerEntrypoint {}
