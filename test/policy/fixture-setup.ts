/** Compiled policies for tests in workerd, which cannot read files: `inject("policies")` has them in Base64. */
import type { TestProject } from "vitest/node";
import { CAREFUL, WASM } from "./default.ts";

declare module "vitest" {
  interface ProvidedContext {
    policies: { readonly standard: string; readonly careful: string };
  }
}

export function setup(project: TestProject): void {
  project.provide("policies", { standard: WASM.toString("base64"), careful: CAREFUL.toString("base64") });
}
