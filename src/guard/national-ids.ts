/**
 * Rules for numbers by which states know people. Those with a weak checksum count only in the form that people write, or
 * with the number's name in front of it.
 */
import {
  isBelgian,
  isCodiceFiscale,
  isCpf,
  isDay,
  isEan13,
  isElevenTest,
  isFinnish,
  isLuhn,
  isMod11Of2,
  isMod11Of10,
  isNhs,
  isNir,
  isPesel,
  isSnils,
  isSpanish,
  isVerhoeff,
} from "./checksums.ts";
import { toGrowing } from "./growing.ts";
import type { Rule } from "./scanner.ts";

type Id = {
  readonly label: string;
  /** The form, without the borders around it. */
  readonly form: string;
  /** Most characters of the form. */
  readonly max: number;
  /** What it is made of, where that is more than digits and separators. */
  readonly made?: { readonly starts: string; readonly lead?: readonly string[]; readonly chars: string };
  /** Given the bare characters. */
  readonly isValid: (bare: string) => boolean;
  /** A form that counts only behind its name. */
  readonly cued?: { readonly form: string; readonly cue: string };
};

const DIGITS = { starts: "0-9", chars: "\\d .+-" } as const;

const IDS: readonly Id[] = [
  {
    label: "us_ssn",
    form: "\\d{3}([- ])\\d{2}\\1\\d{4}",
    max: 11,
    isValid: (bare) => !/^(?:000|666|9)/.test(bare) && bare.slice(3, 5) !== "00" && bare.slice(5) !== "0000",
    cued: { form: "\\d{9}", cue: "ssn|social security(?: number| no)?" },
  },
  {
    label: "uk_nino",
    form: "[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]",
    max: 13,
    made: { starts: "A-Z", lead: ["[A-Z]", "[A-Z]"], chars: "\\d A-D" },
    isValid: (bare) => !/^(?:BG|GB|NK|KN|TN|NT|ZZ)/.test(bare),
  },
  {
    label: "uk_nhs",
    form: "(?!)",
    max: 12,
    isValid: isNhs,
    cued: { form: "\\d{3}[ -]?\\d{3}[ -]?\\d{4}", cue: "nhs(?: number| no)?" },
  },
  {
    label: "de_tax_id",
    form: "\\d{2} \\d{3} \\d{3} \\d{3}",
    max: 14,
    isValid: isMod11Of10,
    cued: { form: "\\d{11}", cue: "idnr|steuer-?(?:id|identifikationsnummer)|tax id(?:entification number)?" },
  },
  {
    label: "es_dni",
    form: "(?:\\d{8}|[XYZ]-?\\d{7})[- ]?[A-Z]",
    max: 11,
    made: { starts: "0-9XYZ", chars: "\\dA-Z -" },
    isValid: isSpanish,
  },
  {
    label: "it_codice_fiscale",
    form: "[A-Z]{6}\\d{2}[ABCDEHLMPRST]\\d{2}[A-Z]\\d{3}[A-Z]",
    max: 16,
    made: { starts: "A-Z", lead: Array.from({ length: 6 }, () => "[A-Z]"), chars: "A-Z\\d" },
    isValid: isCodiceFiscale,
  },
  {
    label: "fr_nir",
    form: "[12] ?\\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\\d) ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}",
    max: 21,
    made: { starts: "12", chars: "\\dAB " },
    isValid: isNir,
  },
  {
    label: "nl_bsn",
    form: "(?!)",
    max: 11,
    isValid: isElevenTest,
    cued: { form: "\\d{4}[. ]?\\d{2}[. ]?\\d{3}", cue: "bsn|burgerservicenummer|sofinummer" },
  },
  {
    label: "pl_pesel",
    form: "\\d{11}",
    max: 11,
    isValid: (bare) => isDay(String(Number(bare.slice(2, 4)) % 20), bare.slice(4, 6)) && isPesel(bare),
  },
  {
    label: "se_personnummer",
    form: "(?:19|20)?\\d{6}[-+]\\d{4}",
    max: 13,
    isValid: (bare) => {
      const short = bare.slice(-10);
      return isDay(short.slice(2, 4), short.slice(4, 6)) && isLuhn(short);
    },
  },
  {
    label: "fi_hetu",
    form: "\\d{6}[-+A-FU-Y]\\d{3}[0-9A-Y]",
    max: 11,
    made: { starts: "0-9", chars: "\\dA-Y+-" },
    isValid: (bare) => isDay(bare.slice(2, 4), bare.slice(0, 2)),
  },
  {
    label: "br_cpf",
    form: "\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}",
    max: 14,
    isValid: isCpf,
    cued: { form: "\\d{11}", cue: "cpf" },
  },
  {
    label: "in_aadhaar",
    form: "[2-9]\\d{3}([ -])\\d{4}\\1\\d{4}",
    max: 14,
    isValid: isVerhoeff,
    cued: { form: "[2-9]\\d{11}", cue: "aadhaar|aadhar|uidai" },
  },
  {
    label: "cn_resident_id",
    form: "[1-9]\\d{5}(?:19|20)\\d{9}[\\dXx]",
    max: 18,
    made: { starts: "1-9", chars: "\\dXx" },
    isValid: (bare) => isDay(bare.slice(10, 12), bare.slice(12, 14)) && isMod11Of2(bare),
  },
  { label: "be_nrn", form: "\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}\\.\\d{2}", max: 15, isValid: isBelgian },
  { label: "ch_ahv", form: "756\\.\\d{4}\\.\\d{4}\\.\\d{2}", max: 16, isValid: isEan13 },
  { label: "ru_snils", form: "\\d{3}-\\d{3}-\\d{3}[ -]\\d{2}", max: 14, isValid: isSnils },
  {
    label: "ca_sin",
    form: "(?!)",
    max: 11,
    isValid: isLuhn,
    cued: { form: "\\d{3}[ -]?\\d{3}[ -]?\\d{3}", cue: "sin|social insurance(?: number| no)?" },
  },
];

/** The Finnish sign between the parts carries the century, so it is no separator there. */
const bareOf = (label: string, found: string): string =>
  label === "fi_hetu" ? found : found.replace(/[ .+-]/g, "").toUpperCase();

const isValidOf = ({ label, isValid }: Id, found: string): boolean =>
  isValid(bareOf(label, found)) && (label !== "fi_hetu" || isFinnish(found));

function toRules(id: Id): Rule[] {
  const made = id.made ?? DIGITS;
  const common = {
    kind: "pii",
    label: id.label,
    starts: made.starts,
    growing: toGrowing({ ...made, max: id.max }),
  } as const;
  const bordered = (form: string) => new RegExp(`(?<!\\d[.,]|[\\w+/-])${form}(?![A-Za-z0-9_]|[.-]\\d)`, "y");
  const free: Rule = {
    ...common,
    score: 0.95,
    pattern: bordered(`(?:${id.form})`),
    accept: (found) => (isValidOf(id, found) ? found.length : 0),
  };
  if (id.cued === undefined) return [free];
  const cue = new RegExp(`(?<![A-Za-z])(?:${id.cued.cue})(?: is)?[^A-Za-z0-9]{0,4}$`, "i");
  const cued: Rule = {
    ...common,
    score: 0.9,
    pattern: bordered(`(?:${id.cued.form})`),
    accept: (found, before) => (cue.test(before) && isValidOf(id, found) ? found.length : 0),
  };
  return [free, cued];
}

export const NATIONAL_ID_RULES: readonly Rule[] = IDS.flatMap(toRules);
