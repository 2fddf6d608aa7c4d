/** Lets plain Node load the rooms' objects: `cloudflare:workers` is what stands beside this file. Imported before them. */
import { registerHooks } from "node:module";

const STAND_IN = new URL("cloudflare-workers.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "cloudflare:workers" ? { url: STAND_IN, shortCircuit: true } : next(specifier, context),
});
