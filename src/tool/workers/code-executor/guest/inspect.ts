/** How values look on a console: close to Node's, shallow and bounded rather than exact. */

const DEPTH_MAX = 4;
const ITEMS_MAX = 100;
const LINE_LENGTH = 76;
const STACK_LINES_MAX = 12;
/** Frames of this script say nothing to the author of a program. */
const OWN_FILE = "host.js";

/** A stack overflow's stack is as long as the stack: its head says all there is to say. */
export function describeError(error: unknown): string {
  if (error === null) return "Uncaught null, which the engine throws too when its memory is full";
  if (!(error instanceof Error)) return `Uncaught ${inspect(error)}`;
  const lines = String(error.stack ?? "")
    .trimEnd()
    .split("\n")
    .filter((line) => !line.includes(`(${OWN_FILE}:`));
  const shown = lines.length > STACK_LINES_MAX ? [...lines.slice(0, STACK_LINES_MAX), "    ..."] : lines;
  const cause = error.cause === undefined ? "" : `\n  [cause]: ${describeError(error.cause).replace(/^Uncaught /, "")}`;
  return `${error.name}: ${error.message}\n${shown.join("\n")}`.trimEnd() + cause;
}

export function inspect(value: unknown): string {
  return render(value, 0, []);
}

/** `console.log`: text as it is, everything else inspected; `%s %d %i %f %j %o %O %%` in a leading text are filled in. */
export function format(args: readonly unknown[]): string {
  const [first, ...rest] = args;
  const show = (value: unknown) => (typeof value === "string" ? value : inspect(value));
  if (typeof first !== "string" || rest.length === 0) return args.map(show).join(" ");
  const filled = first.replace(/%[sdifjoO%]/g, (mark) => {
    if (mark === "%%") return "%";
    if (rest.length === 0) return mark;
    const value = rest.shift();
    switch (mark) {
      case "%s":
        return show(value);
      case "%d":
      case "%f":
        return String(Number(value));
      case "%i":
        return String(Math.trunc(Number(value)));
      case "%j":
        return JSON.stringify(value);
      default:
        return inspect(value);
    }
  });
  return [filled, ...rest.map(show)].join(" ");
}

function render(value: unknown, depth: number, parents: readonly object[]): string {
  switch (typeof value) {
    case "string":
      return depth === 0 && parents.length === 0 ? JSON.stringify(value) : `'${value.replaceAll("\n", "\\n")}'`;
    case "bigint":
      return `${value}n`;
    case "function":
      return value.name === "" ? "[Function (anonymous)]" : `[Function: ${value.name}]`;
    case "object":
      return value === null ? "null" : renderObject(value, depth, parents);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function renderObject(value: object, depth: number, parents: readonly object[]): string {
  if (parents.includes(value)) return "[Circular]";
  if (value instanceof Error) return describeError(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  const name = value.constructor?.name ?? "[Object: null prototype]";
  if (depth > DEPTH_MAX) return Array.isArray(value) ? "[Array]" : `[${name}]`;
  const inner = (item: unknown) => render(item, depth + 1, [...parents, value]);
  if (Array.isArray(value)) return wrap("", "[", list(value, inner), "]", depth);
  if (value instanceof Map) {
    const items = list([...value], ([key, item]) => `${inner(key)} => ${inner(item)}`);
    return wrap(`Map(${value.size}) `, "{", items, "}", depth);
  }
  if (value instanceof Set) return wrap(`Set(${value.size}) `, "{", list([...value], inner), "}", depth);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const numbers = Array.from(value as Uint8Array); // any view of numbers reads like this one
    return wrap(`${name}(${numbers.length}) `, "[", list(numbers, inner), "]", depth);
  }
  if (value instanceof Promise) return "Promise {}";
  const entries = list(Object.entries(value), ([key, item]) => {
    const shown = /^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key}'`;
    return `${shown}: ${inner(item)}`;
  });
  return wrap(name === "Object" ? "" : `${name} `, "{", entries, "}", depth);
}

function list<T>(items: readonly T[], show: (item: T) => string): readonly string[] {
  const shown = items.slice(0, ITEMS_MAX).map(show);
  return items.length > ITEMS_MAX ? [...shown, `... ${items.length - ITEMS_MAX} more items`] : shown;
}

function wrap(prefix: string, open: string, items: readonly string[], close: string, depth: number): string {
  if (items.length === 0) return `${prefix}${open}${close}`;
  const line = `${prefix}${open} ${items.join(", ")} ${close}`;
  if (line.length <= LINE_LENGTH && !line.includes("\n")) return line;
  const indent = "  ".repeat(depth + 1);
  return `${prefix}${open}\n${items.map((item) => indent + item).join(",\n")}\n${"  ".repeat(depth)}${close}`;
}
