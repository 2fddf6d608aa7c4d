/**
 * Which URLs the outside may be asked for, by a tool, a webhook or anything else whose target a user or a model chose.
 * Pure: the text is judged, no name is looked up. A name that resolves to a private address is the platform's to refuse
 * (`global_fetch_strictly_public`), and a redirect is a new URL to be judged here again.
 */
import { err, ok, type Result } from "./result.ts";

export type EgressRules = {
  /** Exact host names as `URL.hostname` gives them; "any" lifts the list and nothing else. */
  readonly hosts: readonly string[] | "any";
  /** Exact origins an operator opened in development, such as `http://127.0.0.1:9000`. */
  readonly localOrigins: readonly string[];
};

export type EgressReason =
  /** No URL, a hidden character, or a host spelled in another way than it is read. */
  | "malformed"
  | "userinfo"
  | "scheme"
  | "port"
  | "address"
  /** One label, or a name of a private network or a metadata service. */
  | "private_name"
  | "not_listed";

export type EgressRefusal = { readonly reason: EgressReason; readonly message: string };

/** Longer ones carry data out rather than name a place. */
const URL_LENGTH_MAX = 8_192;

/** Every space, control, invisible or direction character, and the backslash, which `URL` reads as a slash. */
const HIDDEN = /[\s\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\]/u;

/** Scheme and authority as they are written, before `URL` mends them. */
const WRITTEN = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)(?:[/?#]|$)/i;

/** At least two labels; the last begins with a letter. */
const HOSTNAME = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;

/** Names under these are answered inside of a network, if at all. RFC 6761, 6762, 7686, 8375; ICANN's `internal`. */
const PRIVATE_SUFFIXES = [
  "localhost",
  "localdomain",
  "local",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "svc",
  "arpa",
  "onion",
  "invalid",
  // Public names that lead to whatever private address is written into them, or to loopback.
  "nip.io",
  "sslip.io",
  "xip.io",
  "traefik.me",
  "localtest.me",
  "lvh.me",
  "vcap.me",
  "lacolhost.com",
  // Metadata services with names outside of `internal`.
  "metadata.goog",
  "metadata.packet.net",
  "metadata.platformequinix.com",
  "metadata.tencentyun.com",
] as const;

const refuse = (reason: EgressReason, message: string): Result<never, EgressRefusal> => err({ reason, message });

/**
 * The URL to ask for, or why not. https on its default port, a public-looking name, listed exactly: no wildcard ever,
 * and a list that holds one allows nothing. A local origin may break the rules on scheme, port and name; its host must
 * be listed all the same.
 * @returns errors with a sentence that names the host and nothing else of the URL, which may hold secrets.
 */
export function checkEgressUrl(text: string, rules: EgressRules): Result<URL, EgressRefusal> {
  if (text.length > URL_LENGTH_MAX) return refuse("malformed", `a URL has at most ${URL_LENGTH_MAX} characters`);
  if (HIDDEN.test(text)) return refuse("malformed", "a URL holds no spaces, control characters or backslashes");
  const written = WRITTEN.exec(text);
  const url = URL.parse(text);
  if (url === null || written === null) {
    return refuse("malformed", "this is no absolute URL such as https://api.example.com/path");
  }
  const authority = written[2] ?? "";
  if (authority.includes("@") || url.username !== "" || url.password !== "") {
    return refuse("userinfo", "a URL must not carry a user name or password");
  }
  const host = url.hostname;
  const isLocal = rules.localOrigins.includes(url.origin);
  const refusal = isLocal ? null : (checkPlace(url) ?? checkSpelling(url, authority));
  if (refusal !== null) return err(refusal);
  if (isListed(rules.hosts, host)) return ok(url);
  return refuse("not_listed", `${host} is not among the hosts that may be reached`);
}

function checkPlace(url: URL): EgressRefusal | null {
  const { protocol, hostname, port } = url;
  if (protocol !== "https:") return { reason: "scheme", message: `${protocol} is refused; use https:` };
  if (hostname.startsWith("[") || /^[\d.]+$/.test(hostname)) {
    return { reason: "address", message: `${hostname} is an address; only host names are reached` };
  }
  if (port !== "") return { reason: "port", message: `port ${port} is refused; https uses its default port` };
  const isPrivate = PRIVATE_SUFFIXES.some((suffix) => `.${hostname}`.replace(/\.+$/, "").endsWith(`.${suffix}`));
  if (isPrivate || !hostname.replace(/\.+$/, "").includes(".")) {
    return { reason: "private_name", message: `${hostname} is no public host name` };
  }
  return HOSTNAME.test(hostname) ? null : { reason: "malformed", message: `${hostname} is no host name` };
}

/**
 * What `URL` mended is refused: full-width letters, percent signs and the like let a host look like another one to
 * whoever reads the text, and a second parser may mend it otherwise.
 */
function checkSpelling(url: URL, authority: string): EgressRefusal | null {
  // Lower-casing turns the Kelvin sign into a k, so letters beyond ASCII are looked for first.
  const isPlain = /^[\x21-\x7e]*$/.test(authority) && authority.toLowerCase().replace(/:443$/, "") === url.hostname;
  return isPlain ? null : { reason: "malformed", message: `write the host as it is read: ${url.hostname}` };
}

const isListed = (hosts: EgressRules["hosts"], host: string): boolean =>
  hosts === "any" || (!hosts.some((entry) => entry.includes("*")) && hosts.includes(host));
