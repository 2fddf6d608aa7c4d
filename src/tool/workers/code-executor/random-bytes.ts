/**
 * Where a call's random numbers begin. Not `Math.random`: whoever sees some of its numbers knows those that follow, so
 * one call's would tell the next one's.
 */
export const systemRandomBytes = (into: Uint8Array): void => void crypto.getRandomValues(into);
