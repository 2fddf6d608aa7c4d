/** Check digits of numbers that name a person, a card or an account. Pure; each takes the bare digits or characters. */

const digitsOf = (text: string): number[] => [...text].map(Number);
const weighted = (digits: readonly number[], weights: readonly number[]): number =>
  weights.reduce((sum, weight, index) => sum + weight * (digits[index] ?? 0), 0);

/** ISO/IEC 7812-1, annex B. */
export function isLuhn(text: string): boolean {
  const sum = digitsOf(text)
    .reverse()
    .reduce((total, digit, index) => total + (index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2), 0);
  return sum % 10 === 0;
}

/** The remainder of a decimal number of any length. */
export const modulo = (text: string, divisor: number): number =>
  digitsOf(text).reduce((rest, digit) => (rest * 10 + digit) % divisor, 0);

/** ISO 13616: moved to the end, letters as numbers from 10, the remainder by 97 is 1. */
export function isIban(compact: string): boolean {
  const moved = compact.slice(4) + compact.slice(0, 4);
  const digits = [...moved].map((character) => Number.parseInt(character, 36).toString()).join("");
  return modulo(digits, 97) === 1;
}

/** ISO/IEC 7064, MOD 11,10: the German tax number. */
export function isMod11Of10(text: string): boolean {
  const digits = digitsOf(text);
  let product = 10;
  for (const digit of digits.slice(0, -1)) {
    const sum = (digit + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return (11 - product) % 10 === digits.at(-1);
}

/** ISO/IEC 7064, MOD 11-2: the resident number of China; its last character may be X. */
export function isMod11Of2(text: string): boolean {
  const value = (character: string) => (character.toUpperCase() === "X" ? 10 : Number(character));
  const sum = [...text].reduce((total, character) => (total * 2 + value(character)) % 11, 0);
  return sum === 1;
}

const DIHEDRAL = [
  "0123456789",
  "1234067895",
  "2340178956",
  "3401289567",
  "4012395678",
  "5987604321",
  "6598710432",
  "7659821043",
  "8765932104",
  "9876543210",
];
const PERMUTED = [
  "0123456789",
  "1576283094",
  "5803796142",
  "8916043527",
  "9453126870",
  "4286573901",
  "2793806415",
  "7046913258",
];

/** Verhoeff's: the number of India. */
export function isVerhoeff(text: string): boolean {
  const digits = digitsOf(text).reverse();
  let check = 0;
  for (const [index, digit] of digits.entries()) {
    check = Number(DIHEDRAL[check]?.[Number(PERMUTED[index % 8]?.[digit])]);
  }
  return check === 0;
}

/** GTIN-13: the social insurance number of Switzerland. */
export const isEan13 = (text: string): boolean =>
  weighted(digitsOf(text), [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0;

/** The eleven-test of the Netherlands. */
export const isElevenTest = (text: string): boolean =>
  Number(text) > 0 && weighted(digitsOf(text), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;

/** PESEL, Poland. */
export const isPesel = (text: string): boolean =>
  weighted(digitsOf(text), [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0;

/** NHS number, England. */
export const isNhs = (text: string): boolean => {
  const digits = digitsOf(text);
  return (11 - (weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === digits[9];
};

/** CPF, Brazil: two check digits; equal digits are none. */
export function isCpf(text: string): boolean {
  const digits = digitsOf(text);
  const check = (count: number): boolean => {
    const weights = Array.from({ length: count }, (_, index) => count + 1 - index);
    return ((weighted(digits, weights) * 10) % 11) % 10 === digits[count];
  };
  return !/^(\d)\1*$/.test(text) && check(9) && check(10);
}

/** SNILS, Russia. */
export function isSnils(text: string): boolean {
  const sum = weighted(digitsOf(text), [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101;
  return (sum === 100 ? 0 : sum) === Number(text.slice(9)) && Number(text.slice(0, 9)) > 1_001_998;
}

/** NIR, France: the key is 97 less the remainder; Corsica's departments count as 19 and 18. */
export function isNir(text: string): boolean {
  const body = text.slice(0, 13).replace("2A", "19").replace("2B", "18");
  return 97 - modulo(body, 97) === Number(text.slice(13));
}

/** National number, Belgium: since 2000 a 2 stands in front. */
export function isBelgian(text: string): boolean {
  const key = Number(text.slice(9));
  return 97 - modulo(text.slice(0, 9), 97) === key || 97 - modulo(`2${text.slice(0, 9)}`, 97) === key;
}

/** DNI and NIE, Spain: the letter stands for the remainder by 23. */
export function isSpanish(text: string): boolean {
  const number = text
    .toUpperCase()
    .slice(0, -1)
    .replace(/^[XYZ]/, (letter) => String("XYZ".indexOf(letter)));
  return "TRWAGMYFPDXBNJZSQVHLCKE"[Number(number) % 23] === text.toUpperCase().slice(-1);
}

/** Henkilötunnus, Finland: the last character stands for the remainder by 31. */
export const isFinnish = (text: string): boolean =>
  "0123456789ABCDEFHJKLMNPRSTUVWXY"[Number(text.slice(0, 6) + text.slice(7, 10)) % 31] === text.slice(-1);

const ODD = "BAKPLCQDREVOSFTGUHMINJWZYX";

/** Codice fiscale, Italy: characters at odd places (from 1) count by a table, digits as the letters from A. */
export function isCodiceFiscale(text: string): boolean {
  const at = (character: string) => (/\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65);
  const sum = [...text.slice(0, 15)].reduce(
    (total, character, index) =>
      total + (index % 2 === 0 ? ODD.indexOf(String.fromCharCode(65 + at(character))) : at(character)),
    0,
  );
  return text.charCodeAt(15) - 65 === sum % 26;
}

/** A month and a day that a calendar has. */
export const isDay = (month: string, day: string): boolean => {
  const [m, d] = [Number(month), Number(day)];
  return m >= 1 && m <= 12 && d >= 1 && d <= (m === 2 ? 29 : [4, 6, 9, 11].includes(m) ? 30 : 31);
};
