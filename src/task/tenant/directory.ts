/**
 * The Durable Object that lists the tenants with unfinished tasks, so that the cron knows whom to sweep without asking
 * Postgres. One for all tenants, written when a tenant starts or stops having work, and when one tick of the cron is not enough
 * for all: it holds names, nothing else.
 */
import { DurableObject } from "cloudflare:workers";
import { TENANTS_PER_SWEEP_MAX } from "../limits.ts";

/** Before every tenant's name, none of which begins like this. */
const TURN_KEY = "!turn";

export class DirectoryObject<Env = unknown> extends DurableObject<Env> {
  async add(tenant: string): Promise<void> {
    await this.ctx.storage.put(tenant, 1);
  }

  async remove(tenant: string): Promise<void> {
    await this.ctx.storage.delete(tenant);
  }

  /** Whether objects answer at all: what `/ready` asks. */
  async ping(): Promise<"ok"> {
    return "ok";
  }

  /** Whose turn it is: at most TENANTS_PER_SWEEP_MAX, in order; the next call goes on behind them, and then from the start. */
  async nextTurn(): Promise<string[]> {
    const { storage } = this.ctx;
    const after = await storage.get<string>(TURN_KEY);
    const page = await storage.list({ limit: TENANTS_PER_SWEEP_MAX, startAfter: after ?? TURN_KEY });
    const tenants = [...page.keys()];
    const last = tenants.at(-1);
    if (last !== undefined && tenants.length === TENANTS_PER_SWEEP_MAX) await storage.put(TURN_KEY, last);
    else if (after !== undefined) await storage.delete(TURN_KEY);
    return tenants;
  }
}
