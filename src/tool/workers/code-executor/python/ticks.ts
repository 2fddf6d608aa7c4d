/** What the metered interpreter (scripts/build-assets.ts) and the machine agree on. */

/**
 * The import that the metered loops call. The build needs one of this type; `system(3)` is never what is meant here,
 * as there are no programs to start.
 */
export const PYTHON_TICK_IMPORT = "_emscripten_system";

/** Name of the export that holds the loop counter. */
export const PYTHON_TICK_COUNTER = "tick_counter";
