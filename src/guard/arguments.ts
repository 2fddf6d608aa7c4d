/**
 * What a model asks a tool to do, searched for data on its way out: personal data, secrets, and addresses that carry
 * some. Each text in the arguments is searched by itself, behind the name of the member that holds it, and names are
 * searched too. Pure; what follows from it is decided elsewhere.
 */
import { once } from "../platform/index.ts";
import { EXFILTRATION_RULES } from "./exfiltration.ts";
import { literal, toGrowing } from "./growing.ts";
import { ARGUMENTS_CHARS_MAX, LOOKBEHIND_CHARS } from "./limits.ts";
import { NATIONAL_ID_RULES } from "./national-ids.ts";
import { PII_RULES } from "./pii.ts";
import type { ArgumentRules } from "./rules.ts";
import { type Rule, Scanner, toRuleTable } from "./scanner.ts";
import { SECRET_RULES } from "./secrets.ts";
import type { Finding, Verdict } from "./types.ts";

/** A long value in its query, or a long piece of its path that is no word. */
const carriesData = (url: string): boolean =>
  /[?&#][^=&\s]{0,64}=[^&\s]{24,}|\/(?=[^/?#]*\d)[A-Za-z0-9+=_%-]{32,}(?:[/?#.]|$)/.test(url);

/** An address by itself; in prose only a Markdown image or a link is one that somebody follows. */
const address: Rule = {
  kind: "injection",
  label: "url_with_data",
  score: 0.5,
  starts: "h",
  pattern: /https?:\/\/[^\s"'<>)]{1,2000}/y,
  growing: toGrowing({ lead: literal("http"), chars: "^\\s", max: 2_000 }),
  accept: (found) => (carriesData(found) ? found.length : 0),
};

const table = once(() =>
  toRuleTable([...SECRET_RULES, ...NATIONAL_ID_RULES, ...PII_RULES, ...EXFILTRATION_RULES, address]),
);

export type ArgumentFinding = Finding & {
  /** JSON pointer of the text it stands in; `start` and `end` are places there. */
  readonly argument: string;
};

type Text = {
  readonly argument: string;
  readonly text: string;
  /** What stands in front of it, for rules that ask what a value is called. */
  readonly before: string;
};

/** Says where a list goes on, and is new with each page: no more a secret than a page's number. */
const PAGE_TOKEN = /(?:page|continuation|sync) token$/i;
/** Of a list of values; short names, such as "sms", are whole with it. */
const PLURAL = /(?<=[a-z]{3})s$/i;

/** A member's name as people write it in front of a value: `phone_number` and `phoneNumber` as "phone Number: ". */
function toCue(name: string, isList: boolean): string {
  const words = name.slice(-LOOKBEHIND_CHARS).replaceAll(/[_-]+|(?<=[a-z0-9])(?=[A-Z])/g, " ");
  const called = isList ? words.replace(PLURAL, "") : words;
  return PAGE_TOKEN.test(called) ? "" : `${called}: `;
}

function* textsIn(value: unknown, argument: string, before = ""): Generator<Text> {
  if (typeof value === "string") yield { argument, text: value, before };
  else if (typeof value === "number") yield { argument, text: String(value), before };
  else if (typeof value === "object" && value !== null) {
    const isList = Array.isArray(value);
    for (const [name, member] of Object.entries(value)) {
      if (!isList) yield { argument, text: name, before: "" };
      const cue = isList ? before : toCue(name, Array.isArray(member));
      yield* textsIn(member, `${argument}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, cue);
    }
  }
}

function* findIn({ argument, text, before }: Text): Generator<ArgumentFinding> {
  const scanner = new Scanner(table(), before);
  for (const segment of scanner.finish(text)) {
    if (segment.kind !== "found") continue;
    const { rule, start } = segment;
    yield { kind: rule.kind, label: rule.label, start, end: start + segment.text.length, score: rule.score, argument };
  }
}

type Searched = {
  /** In the order of the arguments. */
  readonly findings: readonly ArgumentFinding[];
  /** False: they are longer than ARGUMENTS_CHARS_MAX, and what is behind that was not looked at. */
  readonly isWhole: boolean;
};

/** A call's arguments are never changed: it is made as it was asked for, or not at all. */
function searchArguments(given: Readonly<Record<string, unknown>>): Searched {
  let left = ARGUMENTS_CHARS_MAX;
  const findings: ArgumentFinding[] = [];
  for (const { argument, text, before } of textsIn(given, "")) {
    findings.push(...findIn({ argument, text: text.slice(0, left), before }));
    left -= text.length;
    if (left < 0) break;
  }
  return { findings, isWhole: left >= 0 };
}

export function checkArguments(given: Readonly<Record<string, unknown>>, rules: ArgumentRules): Omit<Verdict, "text"> {
  const findings = rules.search ? searchArguments(given).findings : [];
  return { action: findings.length > 0 ? "warn" : "allow", findings };
}

/** Labels of what must not leave unseen, and whether nothing else can be in there. */
export function findData(given: Readonly<Record<string, unknown>>): Pick<Searched, "isWhole"> & { labels: string[] } {
  const { findings, isWhole } = searchArguments(given);
  // An IP address may be where the call goes.
  const data = findings.filter(({ kind, label }) => kind === "secret" || (kind === "pii" && label !== "ip"));
  return { labels: [...new Set(data.map(({ label }) => label))], isWhole };
}
