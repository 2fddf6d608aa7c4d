/** Versions of three numbers, and the ranges `compatibility` is written in. Whole numbers of any length, no floats. */

/** Numbers compared without ever becoming floats, so that no two long versions are taken for one. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+(?=\d)/, ""), b.replace(/^0+(?=\d)/, "")];
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Negative when `a` is the older: semantic version order, which is by number and not by letter. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let index = 0; index < 3; index++) {
    const order = compareNumbers(left[index] ?? "0", right[index] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

/** `1.2.3`, `1.2`, `1.x`, `1.2.x`: numbers, then `x` or nothing for "any". */
export const isVersionRange = (text: string): boolean => /^\d{1,9}(?:\.(?:x|\d{1,9}(?:\.(?:x|\d{1,9}))?))?$/.test(text);

/** Whether `version` is at least what the range begins with: `1.x` begins with 1.0.0. */
export const isAtLeast = (version: string, range: string): boolean =>
  compareVersions(version, range.replaceAll("x", "0")) >= 0;

/** Whether `version` is at most what the range ends with: `1.x` ends with the last 1.y.z. */
export function isAtMost(version: string, range: string): boolean {
  const named = range.split(".").filter((part) => part !== "x");
  const cut = version.split(".").slice(0, named.length).join(".");
  return compareVersions(cut, named.join(".")) <= 0;
}
