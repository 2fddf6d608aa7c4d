/**
 * The argument schema of a remote tool, written anew from what its server sent. The server is anybody: what it sends is
 * offered to the model and evaluated in the task's object. So only keywords that cost time in proportion to the
 * arguments are kept, references are put in place of themselves, and everything the server's own schema admits this
 * one admits too: what is left out here (expressions, formats, conditions) the server checks. Pure.
 */
import type { JsonSchema } from "../pack/index.ts";
import { err, isRecord, listOf, ok, type Result, utf8Length } from "../platform/index.ts";
import { REMOTE_SCHEMA_BYTES_MAX, REMOTE_SCHEMA_NODES_MAX } from "./limits.ts";

type Mapping = { readonly [name: string]: unknown };

/** What the providers take for the name of an argument. */
const ARGUMENT_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

const TYPES: readonly unknown[] = ["string", "number", "integer", "boolean", "object", "array", "null"];
const NUMBERS = [
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"],
  ...["minItems", "maxItems", "minProperties", "maxProperties"],
] as const;

/** Said to the model in words, for the expression may be the attack. */
const IN_WORDS = ["format", "pattern"] as const;
const WORDS_LENGTH_MAX = 200;

/** Why a schema cannot be used, thrown out of its depths and caught at its root. */
class Unusable extends Error {}

const tooLarge = (bytes: number) =>
  new Unusable(`its schema is ${bytes} bytes or more, and at most ${REMOTE_SCHEMA_BYTES_MAX} are offered`);

/** @returns an object schema in 2020-12, or why the tool cannot be offered, as the end of a sentence. */
export function rewriteSchema(value: unknown): Result<Exclude<JsonSchema, boolean>, string> {
  if (!isRecord(value)) return err("its schema is no JSON object");
  try {
    const root = new Rewriter(value).rewrite(value);
    if (root === true || (root.type !== undefined && root.type !== "object"))
      return err("its arguments are no JSON object");
    // Providers take no alternatives at the root.
    const { anyOf: _any, allOf: _all, ...rest } = root;
    const schema = { ...rest, type: "object" };
    const odd = Object.keys(isRecord(rest.properties) ? rest.properties : {}).find((key) => !ARGUMENT_NAME.test(key));
    if (odd !== undefined) return err(`its argument ${JSON.stringify(odd.slice(0, 64))} has a name no model can use`);
    const bytes = utf8Length(JSON.stringify(schema));
    if (bytes > REMOTE_SCHEMA_BYTES_MAX) throw tooLarge(bytes);
    return ok(schema);
  } catch (thrown) {
    if (thrown instanceof Unusable) return err(thrown.message);
    throw thrown;
  }
}

class Rewriter {
  readonly #root: Mapping;
  /** References that are being put in place, to find those that lead to themselves. */
  readonly #open: string[] = [];
  #nodes = 0;
  #bytes = 0;

  constructor(root: Mapping) {
    this.#root = root;
  }

  rewrite(value: unknown): Mapping | true {
    this.#nodes += 1;
    if (this.#nodes > REMOTE_SCHEMA_NODES_MAX) {
      throw new Unusable(`its schema has more than ${REMOTE_SCHEMA_NODES_MAX} parts`);
    }
    // `false` as well: the server says so itself, and no provider knows it.
    if (!isRecord(value)) return true;
    const words = { ...this.#annotations(value), ...this.#assertions(value) };
    // Counted as it grows: a small schema may put its longest part in a thousand places.
    this.#bytes += utf8Length(JSON.stringify(words));
    if (this.#bytes > REMOTE_SCHEMA_BYTES_MAX) throw tooLarge(this.#bytes);
    const own = { ...words, ...this.#parts(value) };
    if (typeof value.$ref !== "string") return own;
    const target = this.#follow(value.$ref);
    if (target === true) return own;
    const isAnnotated = Object.keys(own).every((name) => name === "description" || name === "default");
    return isAnnotated ? { ...target, ...own } : { ...own, allOf: [target, ...listOf(own.allOf)] };
  }

  #follow(reference: string): Mapping | true {
    if (this.#open.includes(reference)) throw new Unusable("its schema leads back to itself");
    this.#open.push(reference);
    try {
      return this.rewrite(this.#find(reference));
    } finally {
      this.#open.pop();
    }
  }

  #find(reference: string): Mapping {
    const [, ...segments] = reference.split("/");
    const target = segments.reduce<unknown>((at, segment) => {
      const name = segment.replaceAll("~1", "/").replaceAll("~0", "~");
      return isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined;
    }, this.#root);
    if (reference !== "#" && !reference.startsWith("#/")) throw new Unusable("its schema names another one");
    if (!isRecord(target)) throw new Unusable("its schema names a part that it does not have");
    return target;
  }

  #annotations(value: Mapping): Mapping {
    const words = [
      ...(typeof value.description === "string" ? [value.description] : []),
      ...IN_WORDS.flatMap((name) => {
        const text = value[name];
        return typeof text === "string" ? [`(${name}: ${text.slice(0, WORDS_LENGTH_MAX)})`] : [];
      }),
    ];
    return {
      ...(words.length === 0 ? {} : { description: words.join(" ").toWellFormed() }),
      ...(value.default === undefined ? {} : { default: value.default }),
    };
  }

  #assertions(value: Mapping): Mapping {
    const { type, required } = value;
    const types = [type].flat();
    const names = listOf(required).filter((name) => typeof name === "string");
    return {
      ...(types.every((name) => TYPES.includes(name)) ? { type } : {}),
      ...(Array.isArray(value.enum) ? { enum: value.enum } : {}),
      ...(value.const === undefined ? {} : { enum: [value.const] }),
      ...(names.length === 0 ? {} : { required: [...new Set(names)] }),
      ...Object.fromEntries(
        NUMBERS.flatMap((name) => (typeof value[name] === "number" ? [[name, value[name]] as const] : [])),
      ),
    };
  }

  #parts(value: Mapping): Mapping {
    const { properties, patternProperties, additionalProperties, items, prefixItems, anyOf, oneOf, allOf } = value;
    const all = (schemas: unknown) => listOf(schemas).map((schema) => this.rewrite(schema));
    const tuple = all(prefixItems ?? (Array.isArray(items) ? items : []));
    // One of them exactly is for the server to say: without its expressions more of them fit.
    const either = all(anyOf ?? oneOf);
    const every = all(allOf);
    return {
      ...(isRecord(properties)
        ? {
            properties: Object.fromEntries(
              Object.entries(properties).map(([name, schema]) => [name, this.rewrite(schema)]),
            ),
          }
        : {}),
      ...(patternProperties === undefined ? this.#others(additionalProperties) : {}),
      ...(tuple.length > 0 ? { prefixItems: tuple } : {}),
      ...(isRecord(items) ? { items: this.rewrite(items) } : {}),
      ...(either.length > 0 ? { anyOf: either } : {}),
      ...(every.length > 0 ? { allOf: every } : {}),
    };
  }

  #others(additional: unknown): Mapping {
    if (additional === false) return { additionalProperties: false };
    return isRecord(additional) ? { additionalProperties: this.rewrite(additional) } : {};
  }
}
