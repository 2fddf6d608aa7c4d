/** `npm run test:idle`: five minutes in which an idle system must ask its database nothing. By itself, for it takes so long. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/flow/idle.real.test.ts"], testTimeout: 600_000, hookTimeout: 120_000 },
});
