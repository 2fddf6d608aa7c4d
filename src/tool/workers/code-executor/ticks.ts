/** What the metered engine (src/policy/meter-wasm.ts) and the binding agree on. */

/**
 * Name of the import that the metered loops call: the build's interrupt hook, which is otherwise unused here. Names
 * are minified, so this belongs to the pinned version; a build with another one fails, and so do the tests.
 */
export const TICK_IMPORT = "i";

/** Name of the export that holds the loop counter. */
export const TICK_COUNTER = "tick_counter";
