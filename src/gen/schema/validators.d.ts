/** Compiled from schemas/ by scripts/gen-schema.ts; never edited by hand. */

export type SchemaError = {
  /** JSON pointer into the data. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
};

export type Validator = {
  (data: unknown): boolean;
  /** Faults of the last call; null when there were none. */
  errors?: readonly SchemaError[] | null;
};

/** A known field of a pack file. `open`: any members. `layer`: a reference to a layer, or the layer itself. */
export type Field =
  | { readonly kind: "value" | "open" | "layer"; readonly expected: string }
  | { readonly kind: "map"; readonly expected: string; readonly members: Readonly<Record<string, Field>> }
  | { readonly kind: "list"; readonly expected: string; readonly item: Field };

export declare const jsonSchema: Validator;
export declare const guardrails: Validator;
export declare const memory: Validator;
export declare const professionPack: Validator;
export declare const role: Validator;
export declare const skillFrontmatter: Validator;
export declare const soul: Validator;
export declare const tools: Validator;
export declare const workflow: Validator;
export declare const fields: {
  readonly guardrails: Field;
  readonly memory: Field;
  readonly professionPack: Field;
  readonly role: Field;
  readonly skillFrontmatter: Field;
  readonly soul: Field;
  readonly tools: Field;
  readonly workflow: Field;
};
