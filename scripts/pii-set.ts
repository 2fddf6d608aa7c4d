/**
 * Writes the set that the firewall's recall is measured on: sentences with invented personal data whose check digits are
 * right, and sentences with numbers that only look like it. The same seed gives the same file. Check digits are computed
 * here in their own way, so that a mistake in the rules does not repeat itself in the set.
 *
 * node scripts/pii-set.ts > test/guard/pii-set.jsonl
 */
import { pickBy, seeded } from "./draw.ts";

const SEED = 20_261_126;
const EACH = 20;

const random = seeded(SEED);
const below = (limit: number): number => Math.floor(random() * limit);
const pick = <T>(items: readonly T[]): T => pickBy(random, items);
const digits = (count: number): string => Array.from({ length: count }, () => below(10)).join("");
const padded = (number: number, length: number): string => String(number).padStart(length, "0");
const letters = (count: number, from = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"): string =>
  Array.from({ length: count }, () => from[below(from.length)]).join("");

/** The one completion of a number that a test of the whole admits, found by trying. */
function complete(body: string, endings: readonly string[], holds: (whole: string) => boolean): string | null {
  const ending = endings.find((one) => holds(body + one));
  return ending === undefined ? null : body + ending;
}
const TEN = Array.from({ length: 10 }, (_, digit) => String(digit));
const HUNDRED = Array.from({ length: 100 }, (_, number) => padded(number, 2));

function retry(make: () => string | null): string {
  for (let tries = 0; tries < 1_000; tries++) {
    const made = make();
    if (made !== null) return made;
  }
  throw new Error("no number came out valid");
}

const luhnSum = (number: string): number => {
  let sum = 0;
  for (let place = number.length - 1, isDouble = false; place >= 0; place--, isDouble = !isDouble) {
    const doubled = Number(number[place]) * (isDouble ? 2 : 1);
    sum += Math.floor(doubled / 10) + (doubled % 10);
  }
  return sum;
};
const sumOf = (number: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, place) => sum + weight * Number(number[place]), 0);
const big = (text: string): bigint => BigInt(text);

const card = (): string => {
  const [prefix, length] = pick([
    ["4", 16],
    ["51", 16],
    ["2221", 16],
    ["34", 15],
    ["6011", 16],
    ["3530", 16],
  ] as const);
  const whole = retry(() =>
    complete(prefix + digits(length - prefix.length - 1), TEN, (one) => luhnSum(one) % 10 === 0),
  );
  const groups = length === 15 ? /^(\d{4})(\d{6})(\d{5})$/ : /^(\d{4})(\d{4})(\d{4})(\d{4})$/;
  return pick([whole, whole.replace(groups, (_, ...parts) => parts.slice(0, length === 15 ? 3 : 4).join(" "))]);
};

const iban = (): string => {
  const [country, bban] = pick([
    ["DE", () => digits(18)],
    ["GB", () => letters(4) + digits(14)],
    ["FR", () => digits(10) + letters(11, "ABCDEFGHJK0123456789") + digits(2)],
    ["NL", () => letters(4) + digits(10)],
    ["ES", () => digits(20)],
    ["CH", () => digits(17)],
  ] as const);
  const body = bban();
  const asNumber = (text: string) =>
    [...text].map((one) => (/\d/.test(one) ? one : String(one.charCodeAt(0) - 55))).join("");
  const check = 98n - (big(asNumber(`${body}${country}00`)) % 97n);
  const whole = `${country}${padded(Number(check), 2)}${body}`;
  return pick([whole, whole.replace(/(.{4})(?=.)/g, "$1 ")]);
};

const date = () => ({ year: 40 + below(60), month: 1 + below(12), day: 1 + below(28) });
const yymmdd = (): string => {
  const { year, month, day } = date();
  return padded(year, 2) + padded(month, 2) + padded(day, 2);
};
const ddmmyy = (): string => {
  const { year, month, day } = date();
  return padded(day, 2) + padded(month, 2) + padded(year, 2);
};

const iso11of10 = (body: string): string => {
  let product = 10;
  for (const digit of body) {
    const sum = (Number(digit) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  const check = 11 - product;
  return body + String(check === 10 ? 0 : check);
};

const hetu = (): string => {
  const [day, serial] = [ddmmyy(), padded(2 + below(898), 3)];
  return `${day}-${serial}${"0123456789ABCDEFHJKLMNPRSTUVWXY"[Number(big(day + serial) % 31n)]}`;
};

const cpf = (): string => {
  let body = digits(9);
  for (const from of [10, 11]) {
    const rest = [...body].reduce((sum, digit, place) => sum + Number(digit) * (from - place), 0) % 11;
    body += String(rest < 2 ? 0 : 11 - rest);
  }
  return body.replace(/^(...)(...)(...)(..)$/, "$1.$2.$3-$4");
};

const nir = (): string => {
  const { year, month } = date();
  const body = `${pick(["1", "2"])}${padded(year, 2)}${padded(month, 2)}${padded(1 + below(95), 2)}${digits(6)}`;
  return body + padded(97 - Number(big(body) % 97n), 2);
};

const resident = (): string => {
  const body = `11010519${yymmdd()}${digits(3)}`;
  const rest = sumOf(body, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11;
  return body + "10X98765432"[rest];
};

const NAMES = ["jane", "omar", "li.wei", "anna-maria", "j.smith", "k_novak", "o.brien+work"] as const;
const HOSTS = ["example.com", "mail.example.org", "firma.example.de", "uni.example.ac.uk", "example.io"] as const;

/** One value of each kind. A cue in front stands where people write one. */
const MAKERS: Readonly<Record<string, () => string | readonly [cue: string, value: string]>> = {
  email: () => `${pick(NAMES)}${pick(["", "7", "1984"])}@${pick(HOSTS)}`,
  phone: () =>
    pick([
      () => `+1 ${2 + below(7)}02 555 ${digits(4)}`,
      () => `(${2 + below(7)}12) 555-${digits(4)}`,
      () => `${2 + below(7)}12-555-${digits(4)}`,
      () => `+49 30 ${1 + below(9)}${digits(6)}`,
      () => `+44 20 7946 0${digits(3)}`,
      () => `+33 6 ${1 + below(9)}${digits(1)} ${digits(2)} ${digits(2)} ${digits(2)}`,
      () => `+919${digits(9)}`,
      () => `01 42 ${digits(2)} ${digits(2)} ${digits(2)}`,
      () => `07700 900${digits(3)}`,
    ])(),
  card,
  iban,
  ip: () =>
    pick([
      () => `${[1, 2, 3, 4].map((place) => (place === 1 ? 11 + below(90) : below(255))).join(".")}`,
      () => `2001:db8:${Array.from({ length: 6 }, () => below(65_536).toString(16)).join(":")}`,
      () => `2001:db8::${(1 + below(9_999)).toString()}:${below(65_536).toString(16)}`,
    ])(),
  us_ssn: () => `${padded(1 + below(665), 3)}-${padded(1 + below(99), 2)}-${padded(1 + below(9_999), 4)}`,
  uk_nino: () => `${letters(2, "ABCEHJLMPRSTWX")} ${digits(2)} ${digits(2)} ${digits(2)} ${letters(1, "ABCD")}`,
  uk_nhs: () => [
    "NHS number",
    retry(() => complete(digits(9), TEN, (one) => sumOf(one, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0)).replace(
      /^(...)(...)(....)$/,
      "$1 $2 $3",
    ),
  ],
  de_tax_id: () => iso11of10(`${1 + below(9)}${digits(9)}`).replace(/^(..)(...)(...)(...)$/, "$1 $2 $3 $4"),
  es_dni: () => {
    const number = digits(8);
    return number + "TRWAGMYFPDXBNJZSQVHLCKE"[Number(number) % 23];
  },
  fr_nir: nir,
  nl_bsn: () => [
    "BSN",
    retry(() => complete(`1${digits(7)}`, TEN, (one) => sumOf(one, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0)),
  ],
  pl_pesel: () =>
    retry(() => complete(yymmdd() + digits(4), TEN, (one) => sumOf(one, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0)),
  se_personnummer: () =>
    retry(() => complete(yymmdd() + digits(3), TEN, (one) => luhnSum(one) % 10 === 0)).replace(/(....)$/, "-$1"),
  fi_hetu: hetu,
  br_cpf: cpf,
  cn_resident_id: resident,
  be_nrn: () => {
    const body = yymmdd() + padded(1 + below(997), 3);
    return (body + padded(97 - Number(big(body) % 97n), 2)).replace(/^(..)(..)(..)(...)(..)$/, "$1.$2.$3-$4.$5");
  },
  ch_ahv: () =>
    retry(() =>
      complete(
        `756${digits(9)}`,
        TEN,
        (one) => [...one].reduce((sum, digit, place) => sum + Number(digit) * (place % 2 === 0 ? 1 : 3), 0) % 10 === 0,
      ),
    ).replace(/^(...)(....)(....)(..)$/, "$1.$2.$3.$4"),
  ru_snils: () =>
    retry(() =>
      complete(
        `1${digits(8)}`,
        HUNDRED,
        (one) => (sumOf(one, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100 === Number(one.slice(9)),
      ),
    ).replace(/^(...)(...)(...)(..)$/, "$1-$2-$3 $4"),
  ca_sin: () => ["SIN", retry(() => complete(`1${digits(7)}`, TEN, (one) => luhnSum(one) % 10 === 0))],
};

const FRAMES = [
  ["Please update my record: ", "."],
  ["The customer gave ", " on the call, and asked for an answer by Friday."],
  ["Contact: ", "\nThanks"],
  ["(", ") is what the form says"],
  ["name,value\nA. Person,", ",open"],
  ['{"note": "', '"}'],
] as const;

/** Numbers that are nobody's, each in words that people put around them. */
const NEGATIVES: readonly (() => string)[] = [
  () => `Order ${digits(6)}-${digits(4)} was shipped.`,
  () => `Build ${below(400)}.${below(90)}.${below(90)} passed in ${below(900)} ms.`,
  () => `Released as version 1${below(9)}.${below(20)}.${below(20)}.${below(9)} last week.`,
  () => `At ${1_700_000_000_000 + below(99_999_999)} the job ended; it began at ${1_700_000_000 + below(9_999_999)}.`,
  () => `Commit ${Array.from({ length: 40 }, () => below(16).toString(16)).join("")} broke it.`,
  () => {
    const hex = (count: number) => Array.from({ length: count }, () => below(16).toString(16)).join("");
    return `Trace ${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)} has the rest.`;
  },
  () =>
    `Revenue rose from ${1 + below(9)},${digits(3)},${digits(3)} to ${10 + below(89)},${digits(3)},${digits(3)} in 2025.`,
  () =>
    `Meeting on 2026-${padded(1 + below(12), 2)}-${padded(1 + below(28), 2)} at ${padded(below(24), 2)}:${padded(below(60), 2)}:${padded(below(60), 2)}.`,
  () => `The set has ${below(900)} rows, ${below(90)} columns and ${digits(2)}.${digits(2)} percent gaps.`,
  () => `ISBN 978-3-16-${digits(6)}-${below(10)} is out of print.`,
  () => `Use std::vector and face::add(${below(90)}), then logo@2x.png.`,
  () => `Listen on 127.0.0.1:${1_024 + below(60_000)} with the mask 255.255.255.0.`,
  () => `Ticket JIRA-${digits(5)}: part AB-${digits(4)}-${digits(3)} is missing.`,
  () => `Coordinates ${below(90)}.${digits(6)}, ${below(180)}.${digits(6)} are the depot.`,
  () => `Tracking number 1Z${letters(3)}${digits(3)}${digits(8)} left the depot.`,
  () => `Add @scope/package-${below(9)} and run "npm i pkg@${below(9)}.${below(9)}.${below(9)}".`,
  // A card's form whose check digit is wrong.
  () => {
    const body = `4${digits(14)}`;
    const wrong = TEN.filter((digit) => luhnSum(body + digit) % 10 !== 0);
    return `Reference ${body}${wrong[below(wrong.length)]} is an internal number.`;
  },
  () => `Account DE${padded(below(100), 2)} ${digits(4)} ${digits(4)} is cut off here.`,
  () => `Ratio 3/4, size 10x${below(90)}, ${digits(3)} dpi, ${digits(2)}% done, ${digits(3)}-${digits(2)} items.`,
];

const lines: object[] = [];
for (const [label, make] of Object.entries(MAKERS)) {
  for (let count = 0; count < EACH; count++) {
    const made = make();
    const [cue, value] = typeof made === "string" ? ["", made] : [`${made[0]} `, made[1]];
    const [before, after] = pick(FRAMES);
    const text = `${before}${cue}${value}${after}`;
    const start = before.length + cue.length;
    lines.push({ text, label, start, end: start + value.length });
  }
}
for (const make of NEGATIVES) for (let count = 0; count < EACH; count++) lines.push({ text: make(), label: null });
process.stdout.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
