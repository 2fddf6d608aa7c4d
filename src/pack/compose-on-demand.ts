/**
 * Composing, read when a pack is first published: it brings a YAML parser and the validators of every schema along, and
 * running a pack needs none of them.
 */
import type { composePack as compose } from "./compose.ts";

/** @see composePack in compose.ts */
export const composePack: typeof compose = async (...args) => (await import("./compose.ts")).composePack(...args);
