/** The pure half of the gateway: what a request must be, which headers pass, and that no spelling of a secret comes back. */
import { describe, expect, it } from "vitest";
import {
  isAnswerable,
  isSendable,
  type Needle,
  needlesOf,
  type OpenedSecret,
  parseRequest,
  redactBytes,
  redactText,
} from "../../src/tool/egress.ts";
import { EGRESS_HEADERS_LENGTH_MAX, EGRESS_REQUEST_BYTES_MAX } from "../../src/tool/limits.ts";

const GET = { method: "GET", url: "https://api.example.com/", headers: [], body: null };

describe("a request", () => {
  it("is taken with its headers and its bytes", () => {
    const body = new Uint8Array([1, 2]);
    const parsed = parseRequest({ ...GET, method: "POST", headers: [["X-One", "1"]], body });
    expect(parsed).toMatchObject({ ok: true, value: { method: "POST", url: GET.url, body } });
    expect(parsed.ok && [...parsed.value.headers]).toEqual([["x-one", "1"]]);
  });

  for (const [what, value, message] of [
    ["nothing", null, /is an object/],
    ["a text", "https://api.example.com/", /is an object/],
    ["a method of its own making", { ...GET, method: "PROPFIND" }, /method must be/],
    ["CONNECT", { ...GET, method: "CONNECT" }, /method must be/],
    ["TRACE", { ...GET, method: "TRACE" }, /method must be/],
    ["a method in lower case", { ...GET, method: "get" }, /method must be/],
    ["a URL object", { ...GET, url: new URL(GET.url) }, /url must be text/],
    ["a body of text", { ...GET, method: "POST", body: "x" }, /body must be bytes/],
    ["no body member", { method: "POST", url: GET.url, headers: [] }, /body must be bytes/],
    ["a GET with a body", { ...GET, body: new Uint8Array(1) }, /GET carries no body/],
    ["a body too large", { ...GET, method: "PUT", body: new Uint8Array(EGRESS_REQUEST_BYTES_MAX + 1) }, /at most/],
    ["a header that is no pair", { ...GET, headers: ["x"] }, /name and a value/],
    ["a header with a number", { ...GET, headers: [["x", 1]] }, /name and a value/],
    ["a header name with a line end", { ...GET, headers: [["x\r\ny", "1"]] }, /malformed/],
    ["a header value with a line end", { ...GET, headers: [["x", "1\r\nhost: evil"]] }, /malformed/],
    ["headers too long", { ...GET, headers: [["x", "x".repeat(EGRESS_HEADERS_LENGTH_MAX)]] }, /longer than/],
  ] as const) {
    it(`is not ${what}`, () =>
      expect(parseRequest(value)).toEqual({ ok: false, error: expect.stringMatching(message) }));
  }

  it("is not repeated by what is said about it", () => {
    const parsed = parseRequest({ ...GET, headers: [["authorization", "s3cret\u0000"]] });
    expect(JSON.stringify(parsed)).not.toContain("s3cret");
  });
});

describe("headers", () => {
  const dropped = [
    ...[
      "host",
      "connection",
      "keep-alive",
      "te",
      "trailer",
      "transfer-encoding",
      "upgrade",
      "content-length",
      "expect",
    ],
    ...["proxy-authorization", "proxy-connection", "http2-settings", "accept-encoding", "forwarded", "via"],
    ...["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "true-client-ip", "cdn-loop"],
    ...["cf-connecting-ip", "cf-worker", "cf-ray", "x-original-url", "x-envoy-original-path", "sec-fetch-site"],
  ];
  for (const name of dropped) {
    it(`of a connection or about somebody else do not go out: ${name}`, () => expect(isSendable(name)).toBe(false));
  }

  for (const name of [
    "accept",
    "authorization",
    "content-type",
    "cookie",
    "if-none-match",
    "user-agent",
    "x-api-key",
  ]) {
    it(`of the request go out: ${name}`, () => expect(isSendable(name)).toBe(true));
  }

  it("that go out in any case are the same", () => {
    const parsed = parseRequest({
      ...GET,
      headers: [
        ["HOST", "evil.example"],
        ["X-Forwarded-For", "1.1.1.1"],
      ],
    });
    expect(parsed.ok && [...parsed.value.headers]).toEqual([]);
  });

  it("of a connection or a coding do not come in", () => {
    const names = ["connection", "transfer-encoding", "content-encoding", "content-length", "content-type", "location"];
    expect(names.filter(isAnswerable)).toEqual(["content-type", "location"]);
  });
});

const SECRET: OpenedSecret = {
  name: "token",
  value: 'user:pa"ss/wo+rd',
  host: "api.example.com",
  header: "authorization",
  headerValue: `Basic ${btoa('user:pa"ss/wo+rd')}`,
};
const SPELLINGS = {
  "as it is": SECRET.value,
  "as it was sent": SECRET.headerValue,
  "its base64": btoa(SECRET.value),
  "the password alone": 'pa"ss/wo+rd',
  "in a URL": encodeURIComponent(SECRET.value),
  "in JSON": JSON.stringify(SECRET.value),
  "in base64 after one other byte": btoa(`>${SECRET.value}<`),
  "in base64 after two": btoa(`>>${SECRET.value}<`),
  "in base64 of a URL": Buffer.from(`?>>>${SECRET.value}<`).toString("base64url"),
  "in base64, as it was sent": btoa(`authorization: ${SECRET.headerValue}`),
  "in JSON, as it was sent": JSON.stringify({ authorization: SECRET.headerValue }),
} as const;

describe("a secret that comes back", () => {
  for (const [how, text] of Object.entries(SPELLINGS)) {
    it(`is replaced by its name ${how}, in text and in bytes`, () => {
      const around = `before ${text} between ${text} after`;
      const bytes = new TextDecoder().decode(redactBytes(new TextEncoder().encode(around), needlesOf([SECRET])));
      for (const redacted of [redactText(around, needlesOf([SECRET])), bytes]) {
        expect(redacted).toContain("[secret token]");
        expect(redacted).toMatch(/^before .* between .* after$/);
        for (const spelling of [SECRET.value, btoa(SECRET.value), "ss/wo+rd", "ss%2Fwo%2Brd"]) {
          expect(redacted).not.toContain(spelling);
        }
      }
    });
  }

  it("is found among bytes that are no text", () => {
    const bytes = Uint8Array.of(0xff, 0, ...new TextEncoder().encode(SECRET.value), 0xfe);
    const redacted = redactBytes(bytes, needlesOf([SECRET]));
    expect([redacted[0], redacted[1], redacted.at(-1)]).toEqual([0xff, 0, 0xfe]);
    expect(new TextDecoder().decode(redacted.slice(2, -1))).toBe("[secret token]");
  });

  it("leaves bytes without it as they are", () => {
    const bytes = crypto.getRandomValues(new Uint8Array(10_000));
    expect(redactBytes(bytes, needlesOf([SECRET]))).toBe(bytes);
  });

  it("is found where a beginning of it stands before it", () => {
    const secret = { ...SECRET, value: "aaabaaac", headerValue: "aaabaaac" };
    for (const text of ["aaabaaabaaac", "aaaaaabaaac", "aaabaaaaaabaaacaaabaaac", "aaabaaacaaabaaac"]) {
      expect(redactText(text, needlesOf([secret]))).toBe(text.replaceAll(secret.value, "[secret token]"));
    }
  });

  it("leaves text around it as it is, with its byte order mark and its scripts", () => {
    expect(redactText(`\ufeffgrüße ${SECRET.value} 🙂`, needlesOf([SECRET]))).toBe("\ufeffgrüße [secret token] 🙂");
    const broken = "\ud800 alone";
    expect(redactText(broken, needlesOf([SECRET]))).toBe(broken);
  });

  for (const [what, value] of [
    ["at its end", `${"a".repeat(8_191)}b`],
    ["at its beginning", `ab${"a".repeat(8_190)}`],
    ["in its middle", `${"a".repeat(4_096)}b${"a".repeat(4_095)}`],
  ] as const) {
    it(`is looked for in time proportional to the answer, when it differs from it ${what}`, () => {
      const text = "a".repeat(256 * 1024);
      const plain = needlesOf([{ ...SECRET, value }]).find(({ bytes }) => bytes.length === value.length);
      expect(redactText(text, [counted(plain, 8 * text.length)])).toBe(text);
      expect(redactBytes(new TextEncoder().encode(text), [counted(plain, 8 * text.length)])).toHaveLength(text.length);
    });
  }
});

/** The same needle, of which no more bytes can be read than so many. */
function counted(needle: Needle | undefined, readsMax: number): Needle {
  if (needle === undefined) throw new Error("the secret is not among its spellings");
  let reads = 0;
  const bytes = new Proxy(needle.bytes, {
    get: (target, key) => {
      reads++;
      if (reads > readsMax) throw new Error(`more than ${readsMax} reads`);
      return Reflect.get(target, key, target);
    },
  });
  return { ...needle, bytes };
}
