/** Numbers that their issuers and standards publish as samples: each is found whole, and with a wrong check digit not. */
import { describe, expect, it } from "vitest";
import { checkInput, EVERY_INPUT_RULE } from "../../src/guard/index.ts";

const dataIn = (text: string) =>
  checkInput(text, EVERY_INPUT_RULE)
    .verdict.findings.filter(({ kind }) => kind === "pii" || kind === "secret")
    .map(({ label, start, end }) => [label, text.slice(start, end)]);

/** `wrong`: the same with a check that does not hold; null where there is none to break. */
const PII: readonly (readonly [label: string, cue: string, value: string, wrong: string | null])[] = [
  ["email", "", "jane.doe+news@mail.example.co.uk", "jane.doe@localhost"],
  ["phone", "", "+49 30 901820", "+999 123 4567"],
  ["phone", "", "+1 (415) 555-2671", null],
  ["phone", "", "(415) 555-2671", null],
  ["phone", "", "01 42 68 53 00", null],
  ["phone", "", "07700 900123", null],
  ["phone", "Tel.: ", "030/901820", null],
  ["phone", "", "+41 (0)44 668 18 00", null],
  ["phone", "", "+41 75 411 22 33", "+41 75 41"],
  ["phone", "", "(415) 555-2671x4021", null],
  ["phone", "", "415-555-2671 ext. 12", "415-155-2671 ext. 12"],
  ["phone", "", "(07700) 900123", null],
  // Of no network, and said to be a card's.
  ["card", "card number is ", "213169586539484", "213169586539485"],
  ["card", "", "4111 1111 1111 1111", "4111 1111 1111 1112"],
  ["card", "", "378282246310005", "378282246310006"],
  ["card", "", "5555-5555-5555-4444", "5555-5555-5555-4445"],
  ["iban", "", "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"],
  ["iban", "", "DE89370400440532013000", "DE89370400440532013001"],
  ["iban", "", "NO9386011117947", "NO9386011117948"],
  ["ip", "", "203.0.113.195", "203.0.113.256"],
  ["ip", "", "2001:db8:85a3::8a2e:370:7334", "2001:db8:::1"],
  ["us_ssn", "", "219-09-9999", "000-09-9999"],
  ["uk_nino", "", "AB123456C", null],
  ["uk_nhs", "NHS number: ", "943 476 5919", null],
  ["de_tax_id", "", "86 095 742 719", "86 095 742 718"],
  ["es_dni", "", "12345678Z", "12345678A"],
  ["es_dni", "", "X1234567L", "X1234567M"],
  ["it_codice_fiscale", "", "RSSMRA85T10A562S", "RSSMRA85T10A562T"],
  ["fr_nir", "", "1 84 12 76 451 089 46", "1 84 12 76 451 089 47"],
  ["nl_bsn", "BSN ", "111222333", "111222334"],
  ["pl_pesel", "", "44051401359", "44051401358"],
  ["se_personnummer", "", "811218-9876", "811218-9875"],
  ["fi_hetu", "", "131052-308T", "131052-308U"],
  ["br_cpf", "", "529.982.247-25", "529.982.247-26"],
  ["in_aadhaar", "", "2341 2341 2346", "2341 2341 2345"],
  ["cn_resident_id", "", "11010519491231002X", "110105194912310021"],
  ["be_nrn", "", "85.07.30-033.28", "85.07.30-033.29"],
  ["ch_ahv", "", "756.9217.0769.85", "756.9217.0769.84"],
  ["ru_snils", "", "112-233-445 95", "112-233-445 96"],
  ["ca_sin", "SIN: ", "046 454 286", "046 454 287"],
];

describe("personal data", () => {
  for (const [label, cue, value, wrong] of PII) {
    it(`is found whole: ${label} ${value}`, () => {
      expect(dataIn(`Noted ${cue}${value}, thanks.`)).toEqual([[label, value]]);
    });
    if (wrong !== null) {
      it(`is not what only looks like it: ${label} ${wrong}`, () => {
        expect(dataIn(`Noted ${cue}${wrong}, thanks.`)).toEqual([]);
      });
    }
  }
});

/** Spelled in parts, so that no scanner takes this file for a leak. */
const key = (...parts: readonly string[]): string => parts.join("");
const RANDOM = "q9Zt4Lm2Xw7Kp1Vb6Nc3Jd8Rf5Gh0Ys2Ta4Ue6";

const SECRETS: readonly (readonly [label: string, before: string, value: string])[] = [
  ["aws_access_key", "", key("AKIA", "Q3EGRIBH5WPJ7YZK")],
  ["github_token", "", key("ghp_", RANDOM.slice(0, 36))],
  ["github_token", "", key("github_pat_", RANDOM, "_", RANDOM)],
  ["gitlab_token", "", key("glpat-", RANDOM.slice(0, 20))],
  ["slack_token", "", key("xoxb-", "263594206564-", RANDOM.slice(0, 24))],
  ["slack_webhook", "", key("https://hooks.slack.com/services/", "T0ABCDEFG/B0ABCDEFG/", RANDOM.slice(0, 24))],
  ["stripe_key", "", key("sk_live_", RANDOM.slice(0, 24))],
  ["model_provider_key", "", key("sk-ant-", "api03-", RANDOM)],
  ["google_api_key", "", key("AIza", RANDOM.slice(0, 35))],
  ["npm_token", "", key("npm_", RANDOM.slice(0, 36))],
  ["sendgrid_key", "", key("SG.", RANDOM.slice(0, 22), ".", RANDOM, RANDOM.slice(0, 5))],
  ["twilio_key", "", key("SK", "0123456789abcdef0123456789abcdef")],
  ["vasini_key", "", key("vas_live_", "a1B2c3D4e5F6_", RANDOM)],
  ["jwt", "", key("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.", RANDOM)],
  ["address_password", "", key("postgres://app:", "hunter22hunter", "@")],
  ["named_secret", "password: ", key("tr0ub4dor", "&3Horse")],
  ["named_secret", "API_KEY=", RANDOM],
  [
    "private_key",
    "",
    key("-----BEGIN RSA PRIVATE", ` KEY-----\n${RANDOM}${RANDOM}\n${RANDOM}=\n-----END RSA PRIVATE`, " KEY-----"),
  ],
];

describe("a secret", () => {
  for (const [label, before, value] of SECRETS) {
    it(`is found whole: ${label} ${before}`, () => {
      const after = label === "address_password" ? "db.internal/main" : "\nis all.";
      expect(dataIn(`Use ${before}${value}${after}`)).toEqual([[label, value]]);
    });
  }

  const hex = (count: number): string => "9f86d081884c7d65".repeat(count).slice(0, count);
  const LONG: readonly (readonly [label: string, before: string, value: string])[] = [
    ["named_secret", "token: ", hex(258)],
    ["named_secret", "API_KEY=", hex(512)],
    ["named_secret", "Authorization: Bearer ", hex(600)],
    ["named_secret", "AWS_SESSION_TOKEN=", `${"q9Zt4Lm/2Xw7K+p1Vb6N".repeat(41).slice(0, 818)}=`],
    ["named_secret", '"password": "', hex(4_096)],
    ["jwt", "", key("eyJhbGciOiJIUzI1NiJ9", `.eyJ${RANDOM.repeat(91).slice(0, 3_470)}.`, RANDOM)],
    ["jwt", "", key("eyJhbGciOiJIUzI1NiJ9", `.eyJ${RANDOM.repeat(142).slice(0, 5_300)}.`, RANDOM)],
  ];
  for (const [label, before, value] of LONG) {
    it(`is found whole where it is long: ${label} ${before} of ${value.length} characters`, () => {
      expect(dataIn(`Use ${before}${value}" and go on`)).toEqual([[label, value]]);
    });
  }

  it("is found as far as the longest goes where it is longer", () => {
    expect(dataIn(`token: ${hex(5_000)}`)).toEqual([["named_secret", hex(4_096)]]);
  });

  const PRIVATE = key(
    "-----BEGIN PGP PRIVATE",
    ` KEY BLOCK-----\nVersion: GnuPG v2\nComment: none\n\n${RANDOM}${RANDOM}\n${RANDOM}=`,
  );
  const WHOLE = `${PRIVATE}\n${key("-----END PGP PRIVATE", " KEY BLOCK-----")}`;
  const WRITTEN: readonly (readonly [how: string, text: string])[] = [
    ["indented", WHOLE.replaceAll("\n", "\n        ")],
    ["indented by tabs", WHOLE.replaceAll("\n", "\r\n\t\t")],
    ["quoted", WHOLE.replaceAll("\n", "\n> ")],
    ["quoted twice", WHOLE.replaceAll("\n", "\n> > ")],
    ["in JSON", JSON.stringify(WHOLE).slice(1, -1)],
    ["in JSON, with breaks of two characters", JSON.stringify(WHOLE.replaceAll("\n", "\r\n")).slice(1, -1)],
    ["in JSON inside of JSON", JSON.stringify(JSON.stringify(WHOLE).slice(1, -1)).slice(1, -1)],
  ];
  for (const [how, text] of WRITTEN) {
    it(`is found whole where a private key is ${how}`, () => {
      expect(dataIn(`tls: |\n  ${text}\nis: all`)).toEqual([["private_key", text]]);
    });
  }

  const NONE = [
    "password: use at least twelve characters",
    "Set API_KEY to your_api_key_1234567890abcdef",
    "const token = process.env.GITHUB_TOKEN1;",
    "the file starts with `-----BEGIN PRIVATE KEY-----` and nothing else",
    "https://example.com:8443/path@2x",
    "postgresql://owner:...@db.internal/main",
    key("AKIA", "IOSFODNN7EXAMPLE"),
    "git clone git@github.com:vasini/vasini.git",
  ];
  for (const text of NONE) {
    it(`is not in: ${text}`, () => {
      expect(dataIn(text)).toEqual([]);
    });
  }
});
