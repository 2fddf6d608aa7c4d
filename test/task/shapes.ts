/**
 * What gateways and objects of a recorded version say to each other, as paths with the kinds of value found there. A
 * deploy has both versions at work for a while: what is recorded here may gain members and lose none. `0.1.0` is recorded from the code
 * of that version; when a version is released, its shapes are added beside those of the one before it, and older ones go.
 */

/** `string`, `number`, `boolean`, `object`, `array` or `null`; several, separated by `|`. An array's members stand under `[]`. */
export type Shape = Readonly<Record<string, string>>;

type Exchange = { readonly said: Shape; readonly answered: Shape };

const VIEW: Shape = {
  task_id: "string",
  state: "string",
  pack_id: "string",
  pack_version: "string",
  pack_digest: "string",
  session_id: "string|null",
  input: "string",
  output: "string|null",
  finish_reason: "string|null",
  error: "object|null",
  steps_taken: "number",
  attempt: "number",
  "usage.input_tokens": "number",
  "usage.cache_read_tokens": "number",
  "usage.cache_write_tokens": "number",
  "usage.output_tokens": "number",
  cost_usd: "string|null",
  created_at: "string",
  updated_at: "string",
  started_at: "string|null",
  finished_at: "string|null",
  trace_id: "string",
  metadata: "object",
};

const REPORT: Shape = {
  task_id: "string",
  state: "string",
  pack_id: "string",
  pack_version: "string",
  session_id: "string|null",
  created_at: "string",
  updated_at: "string",
  version: "number",
};

const CREATE: Shape = {
  tenant: "string",
  task_id: "string",
  pack_id: "string",
  pack_version: "string",
  pack_digest: "string",
  pack_owner: "string",
  input: "string",
  session_id: "string|null",
  metadata: "object",
  tier: "string",
  idempotency_key: "string",
  fingerprint: "string",
  trace_id: "string",
  traceparent: "string",
  requested_by: "string|null",
  replay: "object|null",
};

const NOTHING: Shape = {};

/** By class and method. `said` is about the arguments as an array. */
export const SHAPES: Readonly<Record<string, Readonly<Record<string, Exchange>>>> = {
  "0.1.0": {
    "TaskObject.create": {
      said: under("0", CREATE),
      answered: { kind: "string", state: "string", pack_id: "string" },
    },
    "TaskObject.kick": { said: NOTHING, answered: { "": "string|null" } },
    "TaskObject.view": { said: NOTHING, answered: VIEW },
    "TaskObject.events": {
      said: { 0: "number", 1: "number" },
      answered: {
        next: "number",
        "events.[].seq": "number",
        "events.[].type": "string",
        "events.[].at": "string",
        "events.[].data": "object",
      },
    },
    "TaskObject.listFiles": {
      said: NOTHING,
      answered: {
        "[].path": "string",
        "[].bytes": "number",
        "[].sha256": "string",
        "[].modified_step": "number|null",
      },
    },
    "TaskObject.cancel": { said: NOTHING, answered: { kind: "string", state: "string" } },
    "TenantIndexObject.register": { said: { 0: "string", ...under("1", REPORT) }, answered: NOTHING },
    "TenantIndexObject.acquire": { said: { 0: "string", ...under("1", REPORT) }, answered: { "": "boolean" } },
    "TenantIndexObject.release": { said: { 0: "string", ...under("1", REPORT) }, answered: NOTHING },
  },
};

function under(path: string, shape: Shape): Shape {
  return Object.fromEntries(Object.entries(shape).map(([name, kind]) => [`${path}.${name}`, kind]));
}

const kindOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

/** What a value lacks of a shape: a sentence for each path. */
export function lacks(value: unknown, shape: Shape): string[] {
  return Object.entries(shape).flatMap(([path, kinds]) => {
    const found = path === "" ? [value] : valuesAt(value, path.split("."));
    return found
      .map(kindOf)
      .filter((kind) => !kinds.split("|").includes(kind))
      .map((kind) => `${path} is ${kind}, not ${kinds}`);
  });
}

/** One value, or those of each member of an array. */
function valuesAt(value: unknown, [name, ...rest]: readonly string[]): unknown[] {
  if (name === undefined) return [value];
  if (typeof value !== "object" || value === null) return [undefined];
  const below = name === "[]" && Array.isArray(value) ? value : [Reflect.get(value, name)];
  return below.flatMap((one) => valuesAt(one, rest));
}
