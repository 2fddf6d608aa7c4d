/** What of this room loads in the Workers runtime alone: the compiled policy, which the bundler makes a module of. */

export { default as policyModule } from "./compiled/policy.wasm";
