/** Finding a text in a text in time linear in both: the engine's own search is quadratic for hostile patterns. */

/** For each prefix of `needle`, the length of its longest proper border (Knuth, Morris, Pratt). */
function borders(needle: string): Uint32Array {
  const lengths = new Uint32Array(needle.length);
  let length = 0;
  for (let index = 1; index < needle.length; index++) {
    while (length > 0 && needle.charCodeAt(index) !== needle.charCodeAt(length)) length = lengths[length - 1] ?? 0;
    if (needle.charCodeAt(index) === needle.charCodeAt(length)) length++;
    lengths[index] = length;
  }
  return lengths;
}

/** Start of every occurrence, overlapping ones too; an empty needle occurs nowhere. */
export function findAll(text: string, needle: string): readonly number[] {
  const found: number[] = [];
  if (needle === "") return found;
  const lengths = borders(needle);
  let matched = 0;
  for (let index = 0; index < text.length; index++) {
    while (matched > 0 && text.charCodeAt(index) !== needle.charCodeAt(matched)) matched = lengths[matched - 1] ?? 0;
    if (text.charCodeAt(index) === needle.charCodeAt(matched)) matched++;
    if (matched < needle.length) continue;
    found.push(index - needle.length + 1);
    matched = lengths[matched - 1] ?? 0;
  }
  return found;
}
