/** Scopes as the default policy grants them, for doors that stand alone. */
import { type AccessPorts, createAccessCheck } from "../../src/api/access-check.ts";
import { embedded } from "../policy/default.ts";
import { manualClock } from "./ports.ts";

export const accessWith = (change: Partial<AccessPorts> = {}) =>
  createAccessCheck({ engine: embedded(), region: null, clock: manualClock(), onDenied: () => undefined, ...change });
