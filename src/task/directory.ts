/**
 * The Durable Object that lists the tenants with unfinished tasks, so that the cron knows whom to sweep without asking
 * Postgres. One for all tenants, written only when a tenant starts or stops having work: it holds names, nothing else.
 */
import { DurableObject } from "cloudflare:workers";

/** Tenants handed out in one page; the cron asks for the next with the last name. */
const PAGE_MAX = 500;

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

  /** At most PAGE_MAX tenants after the named one, in order. */
  async list(after: string | null): Promise<string[]> {
    const page = await this.ctx.storage.list({ limit: PAGE_MAX, ...(after === null ? {} : { startAfter: after }) });
    return [...page.keys()];
  }
}
