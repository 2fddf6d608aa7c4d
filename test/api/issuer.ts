/** An issuer of tokens on this machine: its keys, served over HTTP, and tokens signed with them or with others. */
import { createServer } from "node:http";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";

export const ISSUER = "https://issuer.example/";
export const AUDIENCE = "vasini";

export type Pair = { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey; readonly jwk: JWK };

export async function makePair(alg: string, kid: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

export type Answer = { readonly status: number; readonly body: string };

/** @param answer what the address of the keys says; asked each time. */
export async function serveJwks(answer: () => Answer | "hang") {
  let asked = 0;
  const server = createServer((request, response) => {
    // Anything but the configured address is an attacker's, and is counted too.
    asked++;
    const said = answer();
    if (said === "hang") return void request.socket.destroy();
    response.writeHead(said.status, { "content-type": "application/json" }).end(said.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    asked: () => asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type Claims = Readonly<Record<string, unknown>>;

/** A token that is good in every part but for what is changed; undefined leaves a part out. */
export async function sign(
  pair: { readonly privateKey: CryptoKey | Uint8Array },
  now: number,
  change: { readonly header?: Readonly<Record<string, unknown>>; readonly claims?: Claims } = {},
): Promise<string> {
  const seconds = Math.floor(now / 1000);
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: "ada",
    iat: seconds,
    exp: seconds + 600,
    tenant_id: "acme",
    roles: ["developer"],
    ...change.claims,
  };
  const header = { alg: "RS256", typ: "JWT", kid: "rsa", ...change.header };
  return new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader(JSON.parse(JSON.stringify(header)) as JWTHeaderParameters) // wrong on purpose, in places
    .sign(pair.privateKey);
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
