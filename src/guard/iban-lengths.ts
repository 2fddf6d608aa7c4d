/** How long the account numbers of a country are. Source: SWIFT, IBAN Registry, release 99 (2024-12). */

const BY_LENGTH: Readonly<Record<number, string>> = {
  15: "NO",
  16: "BE",
  18: "DK FO GL FI NL SD FK",
  19: "MK SI",
  20: "AT BA EE KZ XK LT LU MN",
  21: "CR HR LV LI CH",
  22: "BH BG DE GE IE ME RS GB VA",
  23: "TL GI IL AE IQ OM SO",
  24: "AD CZ MD PK RO SA SK ES SE TN VG",
  25: "PT ST LY",
  26: "IS TR",
  27: "FR GR IT MR MC SM BI DJ",
  28: "AL AZ BY CY DO GT HU LB PL SV NI",
  29: "BR PS QA UA EG",
  30: "JO KW MU YE",
  31: "MT SC",
  32: "LC",
  33: "RU",
};

export const IBAN_LENGTHS: ReadonlyMap<string, number> = new Map(
  Object.entries(BY_LENGTH).flatMap(([length, countries]) =>
    countries.split(" ").map((country) => [country, Number(length)] as const),
  ),
);
