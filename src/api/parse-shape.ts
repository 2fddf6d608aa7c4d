/** Unknown values -> typed ones by a schema, with a JSON pointer for every fault. */
import type * as z from "zod";
import { AppError } from "../platform/index.ts";
import { toPointer } from "./body.ts";

/** An unknown key is pointed at by its name. */
const toErrorItems = (error: z.ZodError): { pointer: string; message: string }[] =>
  error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ pointer: toPointer([...issue.path, key]), message: "is not known here" }))
      : [{ pointer: toPointer(issue.path), message: issue.message }],
  );

/** @throws AppError INVALID_REQUEST with every fault; MISSING_INPUT when a body should have an input and has none. */
export function parseShape<S extends z.ZodType>(
  schema: S,
  value: unknown,
  what: "body" | "query" | "message",
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = toErrorItems(parsed.error);
  const input = typeof value === "object" && value !== null ? Reflect.get(value, "input") : undefined;
  const isInputMissing = input === undefined || input === null || input === "";
  if (isInputMissing && errors.some(({ pointer }) => pointer === "/input")) {
    throw new AppError("MISSING_INPUT", undefined, { errors });
  }
  const [first] = errors;
  const fault = first?.pointer ? `${first.pointer}: ${first.message}` : first?.message;
  throw new AppError("INVALID_REQUEST", `The ${what} is not valid: ${fault}`, { errors });
}

/**
 * @throws AppError INVALID_REQUEST also for what would be left out without a word: a name that the route does not know, and
 * one that is there twice.
 */
export function parseQuery<S extends z.ZodType>(schema: S, parameters: URLSearchParams): z.output<S> {
  const names = [...parameters.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    const error = { pointer: toPointer([twice]), message: "is there more than once" };
    throw new AppError("INVALID_REQUEST", `The query is not valid: ${error.pointer}: ${error.message}`, {
      errors: [error],
    });
  }
  return parseShape(schema, Object.fromEntries(parameters), "query");
}
