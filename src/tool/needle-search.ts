/**
 * Replaces many texts in one pass over the bytes that they may stand in. The server chooses the bytes and the tenant the
 * texts, so it takes time in proportion to the bytes, whatever and however many both are. What a needle stands for
 * is `egress.ts`.
 * @see Aho, Corasick: Efficient string matching, an aid to bibliographic search (1975)
 */

/** A text to be looked for, not empty, and what stands in its place. */
export type Needle = { readonly bytes: Uint8Array; readonly marker: Uint8Array };

/**
 * A tree of the needles' beginnings. A state is a beginning, 0 the empty one; arrays, because a long secret has some hundred
 * thousand of them.
 */
type Search = {
  /** By byte: the state after it from the beginning. */
  readonly first: Int32Array;
  /** Of each state: its first continuation, the next one of the same parent, and the byte that leads to it. */
  readonly child: Int32Array;
  readonly sibling: Int32Array;
  readonly byte: Uint8Array;
  /** The longest other state that this one ends in. */
  readonly fallback: Int32Array;
  /** The longest needle that this state ends in, from 1 on; 0 for none. */
  readonly found: Int32Array;
};

/** Made at the first search: a call whose requests carry secrets looks for the same ones again and again. */
const searches = new WeakMap<readonly Needle[], Search>();

function searchFor(needles: readonly Needle[]): Search {
  const known = searches.get(needles);
  if (known !== undefined) return known;
  const states = needles.reduce((sum, { bytes }) => sum + bytes.length, 1);
  const made: Search = {
    ...{ first: new Int32Array(256), child: new Int32Array(states), sibling: new Int32Array(states) },
    ...{ byte: new Uint8Array(states), fallback: new Int32Array(states), found: new Int32Array(states) },
  };
  link(made, grow(made, needles));
  searches.set(needles, made);
  return made;
}

/** @returns how many states there are. */
function grow(search: Search, needles: readonly Needle[]): number {
  let states = 1;
  for (const [index, { bytes }] of needles.entries()) {
    let state = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      let next = stateAfter(search, state, byte);
      if (next === 0) {
        next = states++;
        search.byte[next] = byte;
        search.sibling[next] = search.child[state] ?? 0;
        search.child[state] = next;
        if (state === 0) search.first[byte] = next;
      }
      state = next;
    }
    // The same text twice stands for the first that it was given for.
    if (search.found[state] === 0) search.found[state] = index + 1;
  }
  return states;
}

/** Shorter states first, for each is linked by those before it. */
function link(search: Search, states: number): void {
  const order = new Int32Array(states);
  let known = 1;
  for (let done = 0; done < known; done++) {
    const parent = order[done] ?? 0;
    for (let state = search.child[parent] ?? 0; state !== 0; state = search.sibling[state] ?? 0) {
      order[known++] = state;
      if (parent === 0) continue;
      const fallback = nextState(search, search.fallback[parent] ?? 0, search.byte[state] ?? 0);
      search.fallback[state] = fallback;
      // A whole needle is longer than any that it ends in.
      if (search.found[state] === 0) search.found[state] = search.found[fallback] ?? 0;
    }
  }
}

/** 0 for none. */
function stateAfter({ first, child, sibling, byte }: Search, state: number, wanted: number): number {
  if (state === 0) return first[wanted] ?? 0;
  let next = child[state] ?? 0;
  while (next !== 0 && byte[next] !== wanted) next = sibling[next] ?? 0;
  return next;
}

function nextState(search: Search, from: number, byte: number): number {
  let state = from;
  for (;;) {
    const next = stateAfter(search, state, byte);
    if (next !== 0 || state === 0) return next;
    state = search.fallback[state] ?? 0;
  }
}

/** Where needles stand, from `from` to before `to`, and the longest of them. */
type Stretch = { readonly from: number; readonly to: number; readonly needle: Needle };

/**
 * The bytes with a marker for every needle in them: the same bytes when there is none. Needles that overlap have one marker
 * together, the longest one's, so that no part of any stays behind.
 * @returns null when that would be more than `bytesMax`, and not less than it was.
 */
export function replaceNeedles(bytes: Uint8Array, needles: readonly Needle[], bytesMax: number): Uint8Array | null {
  if (needles.length === 0) return bytes;
  const search = searchFor(needles);
  const { first, found: ends } = search;
  const lengthMax = Math.max(bytesMax, bytes.length);
  const stretches: Stretch[] = [];
  let markers = 0;
  let covered = 0;
  let state = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    state = state === 0 ? (first[byte] ?? 0) : nextState(search, state, byte);
    const number = ends[state] ?? 0;
    // Before the list is asked: an index of -1 in it takes twenty times as long as all the rest of a byte's work.
    if (number === 0) continue;
    const needle = needles[number - 1];
    if (needle === undefined) continue;
    let found: Stretch = { from: at + 1 - needle.bytes.length, to: at + 1, needle };
    for (let last = stretches.at(-1); last !== undefined && last.to > found.from; last = stretches.at(-1)) {
      stretches.pop();
      markers -= last.needle.marker.length;
      covered -= last.to - last.from;
      const isLonger = found.needle.bytes.length > last.needle.bytes.length;
      const longest = isLonger ? found.needle : last.needle;
      found = { from: Math.min(found.from, last.from), to: found.to, needle: longest };
    }
    stretches.push(found);
    markers += found.needle.marker.length;
    covered += found.to - found.from;
    // Told at once: the list of what was found would take more than the bytes themselves.
    if (at + 1 - covered + markers > lengthMax) return null;
  }
  const length = bytes.length - covered + markers;
  if (length > lengthMax) return null;
  return stretches.length === 0 ? bytes : withMarkers(bytes, stretches, length);
}

function withMarkers(bytes: Uint8Array, stretches: readonly Stretch[], length: number): Uint8Array {
  const replaced = new Uint8Array(length);
  let done = 0;
  let to = 0;
  for (const { from, to: end, needle } of stretches) {
    replaced.set(bytes.subarray(done, from), to);
    to += from - done;
    replaced.set(needle.marker, to);
    to += needle.marker.length;
    done = end;
  }
  replaced.set(bytes.subarray(done), to);
  return replaced;
}
