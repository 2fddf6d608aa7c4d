/** Which of several forms of an answer a client would rather have. @see RFC 9110, section 12.5.1 */
import { parseAccept } from "hono/utils/accept";

type Wish = { readonly quality: number; readonly precision: number };
const NONE: Wish = { quality: 0, precision: 0 };

/** What the most precise range that has the type says of it. */
function wishFor(type: string, ranges: readonly { readonly type: string; readonly q: number }[]): Wish {
  const family = `${type.slice(0, type.indexOf("/"))}/*`;
  for (const [precision, name] of [type, family, "*/*"].entries()) {
    const range = ranges.find((one) => one.type.toLowerCase() === name);
    if (range !== undefined) return range.q === 0 ? NONE : { quality: range.q, precision: -precision };
  }
  return NONE;
}

/**
 * The offered type of the highest quality; of several the one that is named more precisely, then the first. Also the
 * first when the header takes none of them: an answer in another form says more than a refusal.
 */
export function preferredType<T extends string>(accept: string | null, [first, ...others]: readonly [T, ...T[]]): T {
  const ranges = parseAccept(accept ?? "");
  let [best, wish] = [first, wishFor(first, ranges)];
  for (const type of others) {
    const other = wishFor(type, ranges);
    const isBetter =
      other.quality > wish.quality || (other.quality === wish.quality && other.precision > wish.precision);
    if (isBetter) [best, wish] = [type, other];
  }
  return best;
}
