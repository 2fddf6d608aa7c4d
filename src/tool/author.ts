/**
 * `vasini/tool`: what a pack's own tool is written with. It imports nothing and is bundled into every tool, so it holds
 * types and the two functions that need them, and no behaviour of the runtime.
 */

/** A JSON Schema (2020-12) of an object: the arguments that the model sends. */
export type ParameterSchema = { readonly type: "object"; readonly [keyword: string]: unknown };

type RequiredOf<S> = S extends { readonly required: readonly (infer Name)[] } ? Name : never;

/** What arguments that fit a schema look like, as far as its `type`, `properties`, `items`, `enum` and `required` say. */
export type ArgumentsOf<S> = S extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : S extends { readonly type: "string" }
    ? string
    : S extends { readonly type: "number" | "integer" }
      ? number
      : S extends { readonly type: "boolean" }
        ? boolean
        : S extends { readonly type: "array"; readonly items: infer Item }
          ? readonly ArgumentsOf<Item>[]
          : S extends { readonly type: "object"; readonly properties: infer Properties }
            ? { readonly [Name in keyof Properties & RequiredOf<S>]: ArgumentsOf<Properties[Name]> } & {
                readonly [Name in Exclude<keyof Properties, RequiredOf<S>>]?: ArgumentsOf<Properties[Name]>;
              }
            : S extends { readonly type: "object" }
              ? { readonly [name: string]: unknown }
              : unknown;

/** The task's text files inside the tool's `scoped_paths`. A relative path starts in the first of them. */
export interface ToolFiles {
  /** @throws when there is no such file. */
  read(path: string): string;
  /** Creates or replaces; takes effect when the tool has succeeded. @returns the bytes written. */
  write(path: string, text: string): number;
  exists(path: string): boolean;
  /** What lies directly in a folder; names of folders end with `/`. */
  list(path?: string): readonly string[];
  /** A file, or a folder with all in it. @returns how many files. */
  remove(path: string): number;
}

export type ToolRequest = {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
};

export interface ToolResponse {
  readonly status: number;
  readonly ok: boolean;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string };
  text(): string;
  json(): unknown;
}

export interface ToolContext {
  readonly files: ToolFiles;
  /** Only to the hosts of the tool's `egress_allowlist`; anything else is an error with the code EGRESS_DENIED. */
  fetch(url: string, request?: ToolRequest): Promise<ToolResponse>;
  /** The same for every repetition of this call: pass it on as an idempotency key. */
  readonly key: string;
  /** W3C trace context of this call. */
  readonly traceparent: string;
}

export type ToolDefinition<S extends ParameterSchema = ParameterSchema> = {
  /** What the model is told; TOOLS.yaml's `description` when absent. */
  readonly description?: string;
  /** TOOLS.yaml's `parameters` when absent. When both are there they must be the same. */
  readonly parameters?: S;
  /** @returns the result, as JSON can say it. What it throws is the call's error. */
  run(args: ArgumentsOf<S>, context: ToolContext): unknown;
};

/** A pack's own tool: the default export of `tools/<id>.ts`. */
export const defineTool = <const S extends ParameterSchema>(tool: ToolDefinition<S>): ToolDefinition<S> => tool;

/** An error that the model is told as it is; any other is told with its class. */
export class ToolFailure extends Error {
  override name = "ToolFailure";
  /** TOOL_ARGUMENTS says that other arguments might do; TOOL_FAILED that the work could not be done. */
  readonly code: "TOOL_FAILED" | "TOOL_ARGUMENTS";
  constructor(message: string, code: "TOOL_FAILED" | "TOOL_ARGUMENTS" = "TOOL_FAILED") {
    super(message);
    this.code = code;
  }
}
