/** What is made when it is first asked for, and then kept: most isolates never need it, and none before its first request. */

/** @param make run again only when it threw. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
