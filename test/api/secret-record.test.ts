/** What a secret may be: its name, its value, the one host and header it goes to, and how it is sent. */
import { describe, expect, it } from "vitest";
import { checkSecret, isSecretName, type NewSecret, toOpened } from "../../src/api/secret-record.ts";

const GOOD: NewSecret = {
  name: "token",
  value: "0123456789",
  host: "api.example.com",
  header: "authorization",
  scheme: "bearer",
};
const LOCAL = ["http://127.0.0.1:9000"];

describe("a secret", () => {
  for (const [what, change] of Object.entries({
    "a bearer token": {},
    "a key in a header of its own": { header: "x-api-key", scheme: "raw" },
    "a user and a password": { value: "user:pässword", scheme: "basic" },
    "words with single spaces": { value: "Token abc def", scheme: "raw" },
    "8 KiB": { value: "x".repeat(8 * 1024) },
    "one for a host that an operator opened": { host: "127.0.0.1" },
  } satisfies Record<string, Partial<NewSecret>>)) {
    it(`may be ${what}`, () => expect(checkSecret({ ...GOOD, ...change }, LOCAL).ok).toBe(true));
  }

  for (const [what, pointer, change] of [
    ["short", "/value", { value: "1234567" }],
    ["longer than 8 KiB in UTF-8", "/value", { value: `a:${"ä".repeat(4 * 1024)}`, scheme: "basic" }],
    ["two lines", "/value", { value: "first\r\nX-Second: header" }],
    ["text beyond ASCII in a header", "/value", { value: "pässword" }],
    ["padded", "/value", { value: " 0123456789" }],
    ["a basic credential without a user", "/value", { scheme: "basic" }],
    ["for a wildcard", "/host", { host: "*.example.com" }],
    ["for an address", "/host", { host: "10.0.0.1" }],
    ["for a metadata service", "/host", { host: "metadata.google.internal" }],
    ["for a host with a port", "/host", { host: "api.example.com:8443" }],
    ["for a host with https's own port", "/host", { host: "api.example.com:443" }],
    ["for a host in upper case", "/host", { host: "API.example.com" }],
    ["for a URL", "/host", { host: "https://api.example.com" }],
    ["for a path", "/host", { host: "api.example.com/path" }],
    ["for another host of this machine", "/host", { host: "127.0.0.2" }],
    ["in the host header", "/header", { header: "host" }],
    ["in a header of the connection", "/header", { header: "transfer-encoding" }],
    ["in a forwarding header", "/header", { header: "x-forwarded-for" }],
    ["in a header in upper case", "/header", { header: "X-Api-Key" }],
    ["in a header with a space", "/header", { header: "x api key" }],
  ] as const satisfies readonly (readonly [string, string, Partial<NewSecret>])[]) {
    it(`may not be ${what}`, () =>
      expect(checkSecret({ ...GOOD, ...change }, LOCAL)).toMatchObject({ ok: false, error: { pointer } }));
  }

  it("is never repeated by what is said about it", () => {
    const refused = checkSecret({ ...GOOD, value: "sécret-value" }, []);
    expect(JSON.stringify(refused)).not.toContain("sécret-value");
  });
});

describe("a name", () => {
  it("is letters, digits, _ and -, beginning with a letter", () => {
    for (const name of ["a", "GITHUB_TOKEN", "github-token-2", "a".repeat(64)]) expect(isSecretName(name)).toBe(true);
    for (const name of ["", "2a", "-a", "a b", "a/b", "a.b", "ä", "a".repeat(65)])
      expect(isSecretName(name)).toBe(false);
  });
});

describe("what is sent", () => {
  for (const [scheme, value, sent] of [
    ["bearer", "0123456789", "Bearer 0123456789"],
    ["basic", "user:pass word", "Basic dXNlcjpwYXNzIHdvcmQ="],
    ["raw", "0123456789", "0123456789"],
  ] as const) {
    it(`is, as ${scheme}, ${sent}`, () => expect(toOpened({ ...GOOD, scheme, value }).headerValue).toBe(sent));
  }
});
