/** The outside for tests in workerd, which cannot start a server themselves: `inject("outside")` says where it is. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { makeRepository } from "./git.ts";
import { startOutside } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    outside: { readonly origin: string; readonly attacker: string };
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const repositories = mkdtempSync(join(tmpdir(), "vasini-git-"));
  const files = {
    "README.md": "# Tool\n",
    "src/main.py": "print('hello')\n",
    "logo.png": Uint8Array.of(0x89, 0, 255, 1),
  };
  for (const name of ["tool", "contested", "private-tool", "attacked"]) makeRepository(repositories, name, files);
  makeRepository(repositories, "empty");
  const outside = await startOutside({ repositories });
  project.provide("outside", { origin: outside.origin, attacker: outside.attacker });
  return async () => {
    await outside.close();
    rmSync(repositories, { recursive: true, force: true });
  };
}
