/** A reporter that says what was still running when a time limit ended the run (SIGTERM): a hang has a name then. */
import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";

export class Unfinished implements Reporter {
  readonly #modules = new Map<string, string>();

  onInit(vitest: Vitest): void {
    process.once("SIGTERM", () => {
      vitest.logger.error(["", "ended from outside; still running:", ...this.#lines()].join("\n"));
      process.exit(143);
    });
  }

  onTestModuleQueued(module: TestModule): void {
    this.#modules.set(module.id, `${module.project.name}  ${module.relativeModuleId}: loading`);
  }

  onTestCaseReady(test: TestCase): void {
    this.#modules.set(test.module.id, `${test.project.name}  ${test.module.relativeModuleId}: ${test.fullName}`);
  }

  onTestCaseResult(test: TestCase): void {
    this.#modules.set(test.module.id, `${test.project.name}  ${test.module.relativeModuleId}: after ${test.fullName}`);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#modules.delete(module.id);
  }

  #lines(): readonly string[] {
    return this.#modules.size === 0
      ? ["  nothing: the runner itself did not end"]
      : [...this.#modules.values()].map((line) => `  ${line}`);
  }
}
