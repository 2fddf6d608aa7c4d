/**
 * JSON Web Tokens of one configured issuer -> a principal. The algorithms are fixed, keys come from the configured
 * address alone, and a header that would bring a key of its own refuses the token before anything else is looked at.
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { type Clock, parseTenantId, type TenantId } from "../platform/index.ts";
import { parseRoles, parseScopes } from "./access.ts";
import { TOKEN_AGE_SECONDS_MAX, TOKEN_CHARS_MAX, TOKEN_LEEWAY_SECONDS, TOKEN_TENANTS_MAX } from "./limits.ts";
import { type Principal, withScopes } from "./principal.ts";

export type TokenConfig = {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** Claim that names the tenant, or a list of them. */
  readonly tenantClaim: string;
};

const ALGORITHMS = ["RS256", "ES256", "EdDSA"];
/** Plain tokens and access tokens (RFC 9068); a token made for another use has another type. */
const TYPES: readonly unknown[] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];
/** Each names or carries a key of the sender's choice. */
const FOREIGN_KEY_HEADERS = ["jku", "jwk", "x5u", "x5c"] as const;

/** A text whose form is that of a signed token. */
export const isTokenLike = (text: string): boolean => /^[\w-]+\.[\w-]*\.[\w-]*$/.test(text);

/** Null when the header says nothing against the token; else what does. */
function faultOfHeader(token: string): string | null {
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    // Not base64url of a JSON object.
    return "header";
  }
  const { typ, kid } = header;
  if (typeof typ !== "string" || !TYPES.includes(typ.toLowerCase())) return "typ";
  if (kid !== undefined && typeof kid !== "string") return "kid";
  return FOREIGN_KEY_HEADERS.find((name) => name in header) ?? null;
}

const textsOf = (claim: unknown): string[] => {
  if (typeof claim === "string") return claim.split(" ");
  return Array.isArray(claim) ? claim.filter((item) => typeof item === "string") : [];
};

/** Empty for a claim that is absent, holds anything but tenant ids, or too many of them. */
function tenantsOf(claim: unknown): TenantId[] {
  const names: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  const tenants = names.map(parseTenantId).filter((tenant) => tenant !== undefined);
  return tenants.length === names.length && names.length <= TOKEN_TENANTS_MAX ? tenants : [];
}

const grantsOf = ({ roles, scope }: JWTPayload): Pick<Principal, "roles" | "granted"> => ({
  roles: parseRoles(textsOf(roles)),
  granted: parseScopes(textsOf(scope)),
});

export type TokenVerdict =
  | { readonly kind: "principal"; readonly principal: Principal }
  | { readonly kind: "refused"; readonly reason: string };

const refused = (reason: string): TokenVerdict => ({ kind: "refused", reason });

/** @returns a verdict; why a token was refused is for the log alone. The verdict rejects only with what `keys` throws. */
export function createTokenVerifier(
  config: Omit<TokenConfig, "jwksUrl">,
  ports: { readonly keys: JWTVerifyGetKey; readonly clock: Pick<Clock, "now"> },
): (token: string) => Promise<TokenVerdict> {
  const { issuer, audience, tenantClaim } = config;
  return async (token) => {
    if (token.length > TOKEN_CHARS_MAX) return refused("length");
    const fault = faultOfHeader(token);
    if (fault !== null) return refused(fault);
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, ports.keys, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        maxTokenAge: TOKEN_AGE_SECONDS_MAX,
        clockTolerance: TOKEN_LEEWAY_SECONDS,
        requiredClaims: ["exp", "sub"],
        currentDate: new Date(ports.clock.now()),
      }));
    } catch (thrown) {
      if (thrown instanceof errors.JOSEError) return refused(thrown.code);
      // A key of the issuer that this runtime cannot take up throws what the runtime throws.
      if (thrown instanceof TypeError || thrown instanceof DOMException) return refused("key");
      throw thrown;
    }
    const tenants = tenantsOf(payload[tenantClaim]);
    if (tenants.length === 0) return refused("tenant");
    if (typeof payload.sub !== "string" || payload.sub === "") return refused("sub");
    const id = `token:${issuer}#${payload.sub}`;
    return { kind: "principal", principal: withScopes({ kind: "token", id, tenants, ...grantsOf(payload) }) };
  };
}
