/**
 * The issuer's public keys: asked for over HTTP, kept, and used on for a day when the issuer does not answer. How often
 * it is asked does not depend on what callers send.
 */
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
  jwksCache,
} from "jose";
import { AppError, type Clock, describeError, type Log } from "../platform/index.ts";
import { JWKS_COOLDOWN_MS, JWKS_FRESH_MS, JWKS_STALE_MS_MAX, JWKS_TIMEOUT_MS } from "./limits.ts";

export type JwksPorts = { readonly clock: Clock; readonly log: Log; readonly fetch: typeof globalThis.fetch };

/** What is wrong with the token rather than with the issuer. */
const isTokenFault = (thrown: unknown): boolean =>
  thrown instanceof errors.JWKSNoMatchingKey ||
  thrown instanceof errors.JWKSMultipleMatchingKeys ||
  thrown instanceof errors.JOSENotSupported;

/** @returns a key for a token's header. It rejects with jose's errors, or with AppError UNAVAILABLE when no keys are known. */
export function createKeySource(url: string, { clock, log, fetch }: JwksPorts): JWTVerifyGetKey {
  const cache: JWKSCacheInput = {};
  const remote = createRemoteJWKSet(new URL(url), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
    cacheMaxAge: JWKS_FRESH_MS,
    [jwksCache]: cache,
    [customFetch]: fetch,
  });
  let failedAt = Number.NEGATIVE_INFINITY;

  const fromKept: JWTVerifyGetKey = (header, token) => {
    const { jwks, uat } = cache;
    if (jwks === undefined || uat === undefined || clock.now() - uat > JWKS_STALE_MS_MAX) {
      throw new AppError("UNAVAILABLE", "Tokens cannot be checked now: their issuer's keys cannot be had.");
    }
    return createLocalJWKSet(jwks)(header, token);
  };
  return async (header, token) => {
    if (clock.now() - failedAt < JWKS_COOLDOWN_MS) return fromKept(header, token);
    try {
      return await remote(header, token);
    } catch (thrown) {
      if (isTokenFault(thrown)) throw thrown;
      failedAt = clock.now();
      log.warn("jwks.unavailable", { error: describeError(thrown) });
      return fromKept(header, token);
    }
  };
}
