/**
 * The Durable Object that counts the running calls of one tool of one tenant, over all of the tenant's tasks. It keeps
 * nothing in storage: a place is worth no write, and an object that started anew has merely forgotten who runs, which
 * lets some calls more run until those have ended.
 */
import { DurableObject } from "cloudflare:workers";
import type { Clock } from "../platform/index.ts";
import { CALLS_PER_TOOL_MAX, PLACES_KEPT_MAX } from "./limits.ts";
import { type Place, Places, type Wish } from "./places.ts";

export class ToolGateObject<Env = unknown> extends DurableObject<Env> {
  readonly #places: Places;

  constructor(ctx: DurableObjectState, env: Env, services: { readonly clock: Clock }) {
    super(ctx, env);
    this.#places = new Places({ count: CALLS_PER_TOOL_MAX, keepable: PLACES_KEPT_MAX, clock: services.clock });
  }

  async enter(wish: Wish): Promise<Place | false> {
    return this.#places.enter(wish);
  }

  async leave(key: string): Promise<void> {
    this.#places.leave(key);
  }
}
