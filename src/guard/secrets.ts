/**
 * Rules for credentials: formats that their issuers document, keys and passwords written into addresses, private keys,
 * and values that their own name calls a secret. The same rules hold for a whole text and for a stream.
 */
import { ledBy, literal, toGrowing } from "./growing.ts";
import type { Rule } from "./scanner.ts";

type Format = {
  readonly label: string;
  /** What every one begins with, character by character. */
  readonly lead: readonly string[];
  /** The rest, as a regular expression. */
  readonly rest: string;
  /** What the rest is made of, inside of a character class, and how much of it there is. */
  readonly chars: string;
  readonly max: number;
};

const WORD = "A-Za-z0-9_-";

const FORMATS: readonly Format[] = [
  { label: "aws_access_key", lead: ["A", "[KS]", "I", "A"], rest: "[A-Z0-9]{16}", chars: "A-Z0-9", max: 16 },
  {
    label: "github_token",
    lead: ["g", "h", "[pousr]", "_"],
    rest: "[A-Za-z0-9]{36,251}",
    chars: "A-Za-z0-9",
    max: 251,
  },
  { label: "github_token", lead: literal("github_pat_"), rest: "\\w{22,255}", chars: "\\w", max: 255 },
  { label: "gitlab_token", lead: literal("glpat-"), rest: `[${WORD}]{20,64}`, chars: WORD, max: 64 },
  {
    label: "slack_token",
    lead: ["x", "o", "x", "[abeposr]", "-"],
    rest: "[A-Za-z0-9-]{10,200}",
    chars: "A-Za-z0-9-",
    max: 200,
  },
  {
    label: "slack_webhook",
    lead: literal("https://hooks.slack.com/services/"),
    rest: "T\\w{6,12}/B\\w{6,12}/\\w{16,32}",
    chars: "\\w/",
    max: 60,
  },
  {
    label: "stripe_key",
    lead: ["[sr]", "k", "_"],
    rest: "(?:live|test)_[A-Za-z0-9]{16,247}",
    chars: "A-Za-z0-9_",
    max: 252,
  },
  { label: "model_provider_key", lead: literal("sk-"), rest: `[${WORD}]{20,200}`, chars: WORD, max: 200 },
  { label: "google_api_key", lead: literal("AIza"), rest: `[${WORD}]{35}`, chars: WORD, max: 35 },
  { label: "google_oauth_token", lead: literal("ya29."), rest: `[${WORD}]{20,500}`, chars: WORD, max: 500 },
  { label: "npm_token", lead: literal("npm_"), rest: "[A-Za-z0-9]{36}", chars: "A-Za-z0-9", max: 36 },
  { label: "pypi_token", lead: literal("pypi-AgE"), rest: `[${WORD}]{50,250}`, chars: WORD, max: 250 },
  { label: "sendgrid_key", lead: literal("SG."), rest: `[${WORD}]{22}\\.[${WORD}]{43}`, chars: `.${WORD}`, max: 66 },
  { label: "twilio_key", lead: ["S", "K"], rest: "[0-9a-f]{32}", chars: "0-9a-f", max: 32 },
  { label: "hugging_face_token", lead: literal("hf_"), rest: "[A-Za-z]{30,40}", chars: "A-Za-z", max: 40 },
  { label: "digitalocean_token", lead: literal("do"), rest: "[opr]_v1_[a-f0-9]{64}", chars: "a-z0-9_", max: 69 },
  {
    label: "shopify_token",
    lead: literal("shp"),
    rest: "(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    chars: "A-Za-z0-9_",
    max: 35,
  },
  {
    label: "vasini_key",
    lead: literal("vas_"),
    rest: "(?:live|test)_[A-Za-z0-9]{8,64}_[A-Za-z0-9]{20,80}",
    chars: "A-Za-z0-9_",
    max: 150,
  },
  {
    label: "jwt",
    lead: literal("eyJ"),
    rest: `[${WORD}]{8,1500}\\.eyJ[${WORD}]{8,5400}\\.[${WORD}]{16,1000}`,
    chars: `.${WORD}`,
    max: 7_905,
  },
];

/** Documentation writes keys that nobody has. */
const isSample = (text: string): boolean => /example|sample|placeholder|your[_-]|xxxx|\*{4}|changeme/i.test(text);

const toRule = ({ label, lead, rest, chars, max }: Format): Rule => ({
  kind: "secret",
  label,
  score: 0.98,
  starts: (lead[0] ?? "").replace(/^\[|\]$/g, ""),
  pattern: new RegExp(`(?<![A-Za-z0-9_])${lead.join("")}${rest}(?![A-Za-z0-9_])`, "y"),
  growing: toGrowing({ lead, chars, max }),
  accept: (found) => (isSample(found) ? 0 : found.length),
});

/** Longest first line and headers of a key, such as `Version: 2.0`: anything may stand in them, and 64 characters of indentation behind each. */
const KEY_HEAD_CHARS = 780;
/** Longest body, and the last line. Lines may be indented, as in YAML, or quoted with "> ", as in mail. */
const KEY_BODY = "[A-Za-z0-9+/=\\\\\\s>-]{0,8077}";

const privateKey: Rule = {
  kind: "secret",
  label: "private_key",
  score: 0.99,
  starts: "-",
  pattern:
    /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----[\\\s>]{0,64}(?:[A-Za-z-]{4,20}: (?:[^\r\n]{0,79}[^\\\s>])?[\\\s>]{1,64}){0,4}[A-Za-z0-9+/=]{16}[A-Za-z0-9+/=\\\s>]{0,8000}(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?/y,
  growing: new RegExp(
    ledBy(literal("-----BEGIN "), `(?:[\\s\\S]{0,${KEY_HEAD_CHARS}}$|[\\s\\S]{${KEY_HEAD_CHARS}}${KEY_BODY}$)`),
    "y",
  ),
};

/** `scheme://user:password@`: everything up to the host. */
const addressPassword: Rule = {
  kind: "secret",
  label: "address_password",
  score: 0.95,
  starts: "a-z",
  pattern: /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/'"<>]{0,64}:[^\s@/'"<>]{3,128}@(?=[A-Za-z0-9])/y,
  growing: /[a-z](?:[a-z0-9+.-]{0,20}(?:$|:(?:$|\/(?:$|\/[^\s@/'"<>]{0,200}@?$))))/y,
  accept: (found) => (isSample(found) || /:(?:\$\{|<|\{\{|password@|[.*]+@)/i.test(found) ? 0 : found.length),
};

/** The backslashes are those in front of a quote where JSON stands in JSON. */
const NAMED =
  /(?:api[ _-]?key|secret|access[ _-]?key|auth[ _-]?token|access[ _-]?token|password|passwd|pwd|token)\\{0,3}["'`]?\s{0,2}(?:(?:is\s?)?[:=]|=>|:=|is)\s{0,2}\\{0,3}["'`]?$|bearer\s$/i;

const KINDS = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/];

/** A value that is no word and no reference to one. What costs most is asked last. */
const looksRandom = (text: string): boolean =>
  /\d/.test(text) &&
  /[A-Za-z]/.test(text) &&
  (text.length >= 16 || KINDS.filter((kind) => kind.test(text)).length >= 3) &&
  !isSample(text) &&
  !/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(text) &&
  new Set(text).size >= 6;

const NAMED_CHARS = "A-Za-z0-9_+/=.~!@#$%^&*-";
const NAMED_CHARS_MAX = 4_096;
/** What a name ends in. Without it every piece of a long stretch of Base64 would be read to its end, from each slash. */
const BEHIND_NAME = "(?<![^:=>\\s\"'`])";

const namedSecret: Rule = {
  kind: "secret",
  label: "named_secret",
  score: 0.8,
  starts: "A-Za-z0-9",
  // A call or a list is no value; of one that is too long the beginning is, whatever follows.
  pattern: new RegExp(
    `${BEHIND_NAME}[A-Za-z0-9](?:[${NAMED_CHARS}]{${NAMED_CHARS_MAX - 1}}|[${NAMED_CHARS}]{7,${NAMED_CHARS_MAX - 1}}(?![A-Za-z0-9_([]))`,
    "y",
  ),
  growing: new RegExp(`${BEHIND_NAME}${toGrowing({ chars: NAMED_CHARS, max: NAMED_CHARS_MAX }).source}`, "y"),
  accept: (found, before) => {
    if (!NAMED.test(before)) return 0;
    const value = found.replace(/(?<![.!,;])[.!,;]+$/, "");
    return looksRandom(value) ? value.length : 0;
  },
};

export const SECRET_RULES: readonly Rule[] = [...FORMATS.map(toRule), privateKey, addressPassword, namedSecret];
