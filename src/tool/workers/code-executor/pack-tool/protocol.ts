/** The names that the two sides of a pack tool's engine agree on, beside those of ../protocol.ts. */

/** Where a bundle leaves its exports: the bundler's `globalName` (src/cli/tool-bundle.ts). */
export const BUNDLE_GLOBAL = "__tool";

/** Where the tool's side leaves its hooks for the host: removed when its image is taken. */
export const TOOL_HOOKS = {
  /** (facts as JSON): calls the tool, and reports through `settled`. */
  begin: "__begin",
  /** (id of a request, its answer as JSON). */
  arrive: "__arrive",
  /** () -> 0 when a timer ran, -1 when none is waiting, else the milliseconds until the next. */
  fire: "__fire",
} as const;

/** What a tool is called with, as JSON in the one call of `begin`. */
export type ToolFacts = {
  readonly arguments: { readonly [name: string]: unknown };
  readonly key: string;
  readonly traceparent: string;
  readonly cwd: string;
};

/** One request of a tool, as JSON in `fetch`. */
export type OutboundRequest = {
  readonly url: string;
  readonly method: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | null;
};

export type OutboundAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: { readonly [name: string]: string };
      readonly body: string;
    }
  | { readonly ok: false; readonly code: string; readonly message: string };
