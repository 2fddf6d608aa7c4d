/** What of this room loads in the Workers runtime alone: its object, and the compiled policy, a module for the bundler. */

export { default as policyModule } from "./compiled/policy.wasm";
export { PolicyObject } from "./policy-object.ts";
