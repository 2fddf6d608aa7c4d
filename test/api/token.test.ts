/** Tokens through the real check, with an issuer that serves its keys on this machine. Every attack is a 401. */
import { createHmac } from "node:crypto";
import { exportSPKI } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { authenticate } from "../../src/api/admit.ts";
import { JWKS_COOLDOWN_MS, JWKS_FRESH_MS, JWKS_STALE_MS_MAX } from "../../src/api/limits.ts";
import type { TokenConfig } from "../../src/api/token.ts";
import { AppError, ERRORS, systemClock } from "../../src/platform/index.ts";
import { AUDIENCE, type Claims, encode, ISSUER, makePair, type Pair, serveJwks, sign } from "./issuer.ts";
import { keyring } from "./keyring.ts";
import { manualClock, memoryLog } from "./ports.ts";

let rsa: Pair;
let ec: Pair;
let ed: Pair;
let ps: Pair;
let mallory: Pair;
let issuer: Awaited<ReturnType<typeof serveJwks>>;
let elsewhere: Awaited<ReturnType<typeof serveJwks>>;
let config: TokenConfig;

beforeAll(async () => {
  [rsa, ec, ed, ps, mallory] = await Promise.all([
    makePair("RS256", "rsa"),
    makePair("ES256", "ec"),
    makePair("EdDSA", "ed"),
    makePair("PS256", "ps"),
    makePair("RS256", "mallory"),
  ]);
  const keys = [rsa.jwk, ec.jwk, ed.jwk, { ...ps.jwk, alg: "PS256" }];
  issuer = await serveJwks(() => ({ status: 200, body: JSON.stringify({ keys }) }));
  elsewhere = await serveJwks(() => ({ status: 200, body: JSON.stringify({ keys: [mallory.jwk] }) }));
  config = { jwksUrl: issuer.url, issuer: ISSUER, audience: AUDIENCE, tenantClaim: "tenant_id" };
});
afterAll(() => Promise.all([issuer.close(), elsewhere.close()]));
afterEach(() => void vi.useRealTimers());

const gateOf = () => ({
  config: { authMode: "required" as const },
  credentials: keyring({ authMode: "required", token: config }, { clock: systemClock, fetch: globalThis.fetch })
    .credentials,
});

/** The status of a call with this token, or the principal it stands for. */
async function outcomeOf(token: string, gate = gateOf()) {
  try {
    return await authenticate(new Headers({ authorization: `Bearer ${token}` }), gate);
  } catch (thrown) {
    return thrown instanceof AppError ? ERRORS[thrown.code].http : thrown;
  }
}

const now = () => systemClock.now();
const seconds = () => Math.floor(now() / 1000);
const good = (claims: Claims = {}, header: Claims = {}) => sign(rsa, now(), { claims, header });

describe("a good token", () => {
  const cases: [string, () => Promise<string>][] = [
    ["RS256", () => good()],
    ["ES256", () => sign(ec, now(), { header: { alg: "ES256", kid: "ec" } })],
    ["EdDSA", () => sign(ed, now(), { header: { alg: "EdDSA", kid: "ed" } })],
    ["type at+jwt", () => good({}, { typ: "at+jwt" })],
    ["a list of audiences with ours", () => good({ aud: ["other", AUDIENCE] })],
    ["a clock 50 s ahead of ours", () => good({ iat: seconds() + 50 })],
    ["an end 50 s ago", () => good({ exp: seconds() - 50 })],
  ];
  it.each(cases)("is taken: %s", async (_name, make) => {
    expect(await outcomeOf(await make())).toMatchObject({ kind: "token", tenants: ["acme"] });
  });

  const grants: [string, Claims, string[]][] = [
    ["roles", { roles: ["viewer"] }, ["approvals:read", "packs:read", "tasks:read"]],
    ["roles in one text", { roles: "billing" }, ["budgets:write"]],
    ["scopes", { roles: undefined, scope: "openid tasks:read tasks:write" }, ["tasks:read", "tasks:write"]],
    ["both", { roles: ["billing"], scope: "tasks:read" }, ["budgets:write", "tasks:read"]],
    ["nothing for names of other systems", { roles: ["root", "toString"], scope: "everything *" }, []],
  ];
  it.each(grants)("grants %s", async (_name, claims, scopes) => {
    const principal = await outcomeOf(await good(claims));
    const granted = typeof principal === "object" && principal !== null ? Reflect.get(principal, "scopes") : [];
    expect([...granted].sort()).toEqual(scopes);
  });

  it("names several tenants, and who it is", async () => {
    expect(await outcomeOf(await good({ tenant_id: ["acme", "globex"] }))).toMatchObject({
      tenants: ["acme", "globex"],
      id: `token:${ISSUER}#ada`,
    });
  });
});

const unsigned = (header: Claims, claims: Claims = {}) =>
  `${encode(header)}.${encode({ iss: ISSUER, aud: AUDIENCE, sub: "ada", iat: seconds(), exp: seconds() + 600, tenant_id: "acme", roles: ["admin"], ...claims })}`;

/** Signed by HMAC with what everybody can know. */
const hmac = (key: string | Buffer, alg = "HS256") => {
  const text = unsigned({ alg, typ: "JWT", kid: "rsa" });
  return `${text}.${createHmac(alg.replace("HS", "sha"), key).update(text).digest("base64url")}`;
};

const swap = async (part: 0 | 1 | 2, change: (text: string) => string): Promise<string> =>
  (await good())
    .split(".")
    .map((text, index) => (index === part ? change(text) : text))
    .join(".");

const byMallory = (header: Claims) => sign(mallory, now(), { header });

const ATTACKS: [name: string, make: () => string | Promise<string>][] = [
  ["alg none without a signature", () => `${unsigned({ alg: "none", typ: "JWT" })}.`],
  ["alg None", () => `${unsigned({ alg: "None", typ: "JWT" })}.`],
  ["alg nOnE with a signature", () => `${unsigned({ alg: "nOnE", typ: "JWT" })}.AAAA`],
  ["no alg", () => `${unsigned({ typ: "JWT", kid: "rsa" })}.AAAA`],
  ["an alg that is a list", () => `${unsigned({ alg: ["RS256"], typ: "JWT", kid: "rsa" })}.AAAA`],
  ["HS256 with the public key as PEM", async () => hmac(await exportSPKI(rsa.publicKey))],
  ["HS256 with the public key's JWK", () => hmac(JSON.stringify(rsa.jwk))],
  ["HS256 with the modulus", () => hmac(Buffer.from(rsa.jwk.n ?? "", "base64url"))],
  ["HS512 with an empty key", () => hmac("", "HS512")],
  ["PS256, which the issuer has a key for", () => sign(ps, now(), { header: { alg: "PS256", kid: "ps" } })],
  ["ES256 with the id of an RSA key", () => sign(ec, now(), { header: { alg: "ES256", kid: "rsa" } })],
  ["RS256 with the id of an elliptic key", () => good({}, { kid: "ec" })],
  ["a key of the attacker's under our key's id", () => byMallory({ kid: "rsa" })],
  ["a key of the attacker's in jwk", () => byMallory({ jwk: mallory.jwk })],
  ["a key of the attacker's in jwk, without kid", () => byMallory({ jwk: mallory.jwk, kid: undefined })],
  ["jku of the attacker's server", () => byMallory({ jku: elsewhere.url, kid: "mallory" })],
  ["jku in a token that is good otherwise", () => good({}, { jku: issuer.url })],
  ["x5u of the attacker's server", () => byMallory({ x5u: elsewhere.url, kid: "mallory" })],
  ["x5c in a token that is good otherwise", () => good({}, { x5c: ["MIIB"] })],
  ["kid that climbs through folders", () => byMallory({ kid: "../../../../dev/null" })],
  ["kid with SQL", () => byMallory({ kid: "x' UNION SELECT 'key" })],
  ["kid with a NUL", () => byMallory({ kid: "rsa\0" })],
  ["kid that is an object", () => good({}, { kid: { rsa: true } })],
  ["kid named after a prototype", () => byMallory({ kid: "__proto__" })],
  ["kid that is an address", () => byMallory({ kid: elsewhere.url })],
  ["no kid where several keys fit none", () => byMallory({ kid: undefined })],
  ["another audience", () => good({ aud: "another-service" })],
  ["an audience that only starts like ours", () => good({ aud: `${AUDIENCE}-staging` })],
  ["no audience", () => good({ aud: undefined })],
  ["another issuer", () => good({ iss: "https://evil.example/" })],
  ["the issuer without its slash", () => good({ iss: ISSUER.slice(0, -1) })],
  ["no issuer", () => good({ iss: undefined })],
  ["a logout token's type", () => good({}, { typ: "logout+jwt" })],
  ["a proof's type", () => good({}, { typ: "dpop+jwt" })],
  ["no type", () => good({}, { typ: undefined })],
  ["an end 61 s ago", () => good({ exp: seconds() - 61 })],
  ["no end", () => good({ exp: undefined })],
  ["an end that is text", () => good({ exp: "2099" })],
  ["made in the future", () => good({ iat: seconds() + 120 })],
  ["begun in the future", () => good({ nbf: seconds() + 120 })],
  ["made longer ago than a day", () => good({ iat: seconds() - 86_400 - 61, exp: seconds() + 600 })],
  ["no time it was made", () => good({ iat: undefined })],
  ["no subject", () => good({ sub: undefined })],
  ["no tenant", () => good({ tenant_id: undefined })],
  ["a tenant that is none", () => good({ tenant_id: "a/b" })],
  ["one tenant of two that is none", () => good({ tenant_id: ["acme", "*"] })],
  ["an empty list of tenants", () => good({ tenant_id: [] })],
  ["more tenants than a token may name", () => good({ tenant_id: Array.from({ length: 101 }, (_, n) => `t${n}`) })],
  [
    "a claim that was changed",
    () => swap(1, (text) => encode({ ...JSON.parse(Buffer.from(text, "base64url").toString()), roles: ["admin"] })),
  ],
  ["a signature that was cut", () => swap(2, (text) => text.slice(0, -4))],
  ["no signature", () => swap(2, () => "")],
  ["the signature of another token", async () => swap(2, () => "A".repeat(342))],
  ["a header that is no JSON", () => swap(0, () => encode("{"))],
  ["a header that is null", () => swap(0, () => encode("null"))],
  [
    "crit that nobody knows",
    () =>
      good({}, { crit: ["exp-ext"], "exp-ext": true }).catch(() =>
        swap(0, (text) => encode({ ...JSON.parse(Buffer.from(text, "base64url").toString()), crit: ["x"], x: 1 })),
      ),
  ],
  [
    "b64 false",
    () =>
      swap(0, (text) =>
        encode({ ...JSON.parse(Buffer.from(text, "base64url").toString()), crit: ["b64"], b64: false }),
      ),
  ],
  ["a token in five parts", async () => `${await good()}.AAAA.BBBB`],
  ["a huge payload", () => good({ padding: "x".repeat(10_000) })],
  ["a huge header", () => good({}, { padding: "x".repeat(10_000) })],
  ["a payload that is no object", () => `${encode({ alg: "RS256", typ: "JWT", kid: "rsa" })}.${encode("[]")}.AAAA`],
];

describe("an attack", () => {
  it("is tried in at least 25 ways", () => {
    expect(ATTACKS.length).toBeGreaterThanOrEqual(25);
  });

  it.each(ATTACKS)("is 401: %s", async (_name, make) => {
    expect(await outcomeOf(await make())).toBe(401);
  });

  it("never makes us ask an address of its own", async () => {
    const gate = gateOf();
    for (const [, make] of ATTACKS) await outcomeOf(await make(), gate);
    expect(elsewhere.asked()).toBe(0);
  });

  it("with made-up key ids asks the issuer no more than a good token does", async () => {
    const gate = gateOf();
    await outcomeOf(await good(), gate);
    const before = issuer.asked();
    for (let n = 0; n < 50; n++) await outcomeOf(await byMallory({ kid: `made-up-${n}` }), gate);
    expect(issuer.asked()).toBe(before);
  });

  it("is 401 where no issuer is configured", async () => {
    const { credentials } = keyring({ authMode: "required" });
    expect(await outcomeOf(await good(), { config: { authMode: "required" }, credentials })).toBe(401);
  });
});

describe("the log", () => {
  it("says why a token was refused, and holds nothing of it", async () => {
    const log = memoryLog();
    const { credentials } = keyring({ token: config }, { clock: systemClock, log, fetch: globalThis.fetch });
    const token = await good({ aud: "another" });
    await credentials.verify(token);
    expect(log.lines).toMatchObject([{ event: "auth.refused", credential: "token", reason: expect.any(String) }]);
    for (const part of token.split(".")) expect(JSON.stringify(log.lines)).not.toContain(part);
  });
});

describe("while the issuer does not answer", () => {
  it("known keys serve for a day, then tokens are 503, and when it answers again all is well", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    let isDown = false;
    const body = JSON.stringify({ keys: [rsa.jwk] });
    const server = await serveJwks(() => (isDown ? { status: 500, body: "" } : { status: 200, body }));
    const token = { ...config, jwksUrl: server.url };
    const { credentials } = keyring({ token }, { clock: systemClock, fetch: globalThis.fetch });
    const gate = { config: { authMode: "required" as const }, credentials };
    const askAfter = async (ms: number, pair = rsa) => {
      vi.setSystemTime(now() + ms);
      return outcomeOf(await sign(pair, now()), gate);
    };
    expect(await askAfter(0)).toMatchObject({ kind: "token" });
    isDown = true;
    expect(await askAfter(JWKS_FRESH_MS - 1)).toMatchObject({ kind: "token" });
    expect(server.asked()).toBe(1);
    expect(await askAfter(1)).toMatchObject({ kind: "token" });
    expect(server.asked()).toBe(2);
    // It was just asked in vain, so it is left alone; a forged token is a forged token all the same.
    expect(await askAfter(JWKS_COOLDOWN_MS - 1)).toMatchObject({ kind: "token" });
    expect(await askAfter(0, mallory)).toBe(401);
    expect(server.asked()).toBe(2);
    expect(await askAfter(JWKS_STALE_MS_MAX - JWKS_FRESH_MS - JWKS_COOLDOWN_MS + 1)).toMatchObject({ kind: "token" });
    expect(await askAfter(1)).toBe(503);
    isDown = false;
    expect(await askAfter(JWKS_COOLDOWN_MS)).toMatchObject({ kind: "token" });
    await server.close();
  });

  it("and no keys are known, a token is 503 and nobody is let in", async () => {
    const server = await serveJwks(() => "hang");
    const token = { ...config, jwksUrl: server.url };
    const log = memoryLog();
    const clock = manualClock(now());
    const { credentials } = keyring({ token }, { clock, log, fetch: globalThis.fetch });
    const gate = { config: { authMode: "required" as const }, credentials };
    for (let time = 0; time < 3; time++) expect(await outcomeOf(await good(), gate)).toBe(503);
    // Asked once: a dead issuer is left alone for a while.
    expect(server.asked()).toBe(1);
    expect(log.lines).toMatchObject([{ event: "jwks.unavailable" }]);
    await server.close();
  });

  it("and its answer is no key set, a token is 503", async () => {
    const server = await serveJwks(() => ({ status: 200, body: '{"keys": "none"}' }));
    const { credentials } = keyring(
      { token: { ...config, jwksUrl: server.url } },
      { clock: systemClock, fetch: globalThis.fetch },
    );
    expect(await outcomeOf(await good(), { config: { authMode: "required" }, credentials })).toBe(503);
    await server.close();
  });
});
