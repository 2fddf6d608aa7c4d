/**
 * What a pack's own tool finds in its world: console, timers, and the context it is called with. Runs inside the engine
 * before the tool; everything here is the tool's to break, nothing here is trusted by the host.
 */
import { ask, emit, SystemError, toPath } from "../../guest/host.ts";
import { describeError, format } from "../../guest/inspect.ts";
import { runDueTimer, timerGlobals } from "../../guest/timers.ts";
import { BUNDLE_GLOBAL, type OutboundAnswer, type OutboundRequest, TOOL_HOOKS, type ToolFacts } from "../protocol.ts";

type Waiting = { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void };
type Tool = { readonly run: (args: unknown, context: object) => unknown };

// Kept before any tool can replace them: the outcome must not depend on a tool's tinkering by accident.
const { stringify, parse } = JSON;

const print = (...args: readonly unknown[]): void => emit("out", `${format(args)}\n`);
const names = ["log", "info", "debug", "warn", "error", "dir", "table", "trace"];
const console = Object.fromEntries(names.map((name) => [name, print]));

const requests = new Map<string, Waiting>();

function fetch(url: unknown, init: Partial<OutboundRequest> = {}): Promise<unknown> {
  const { method = "GET", headers = {}, body = null } = init;
  const request: OutboundRequest = { url: String(url), method, headers, body };
  return new Promise((resolve, reject) => {
    requests.set(ask("fetch", stringify(request)), { resolve, reject });
  });
}

function arrive(id: string, answerJson: string): void {
  const waiting = requests.get(id);
  requests.delete(id);
  const answer: OutboundAnswer = parse(answerJson);
  if (!answer.ok) {
    waiting?.reject(new SystemError(answer.code, answer.message));
    return;
  }
  const { status, headers, body } = answer;
  const isFine = status >= 200 && status < 300;
  waiting?.resolve({ status, ok: isFine, headers, text: () => body, json: () => parse(body) });
}

function createFiles(cwd: string) {
  const at = (asked: unknown): string => {
    const path = toPath(asked);
    return path.startsWith("/") ? path : `${cwd}/${path}`;
  };
  return Object.freeze({
    read: (path: unknown) => ask("read", at(path)),
    write: (path: unknown, text: unknown) => {
      if (typeof text !== "string") throw new TypeError("only text can be written: pass a string");
      if (text.includes("\0")) throw new SystemError("EINVAL", "only text can be stored, without NUL");
      return Number(ask("write", at(path), text));
    },
    exists: (path: unknown) => ask("kind", at(path)) !== "",
    list: (path: unknown = cwd) => parse(ask("list", at(path))),
    remove: (path: unknown) => Number(ask("remove", at(path), "recursive")),
  });
}

/** What the host's error codes of files and requests are to the model. */
const CODES: Readonly<Record<string, string>> = {
  EACCES: "PATH_DENIED",
  EFBIG: "TOOL_LIMIT",
  TOOL_LIMIT: "TOOL_LIMIT",
  EGRESS_DENIED: "EGRESS_DENIED",
  TOOL_ARGUMENTS: "TOOL_ARGUMENTS",
};

function toFailure(error: unknown): string {
  const { name, message, code } = Object(error);
  // The engine's own class, for what no program can go on from, and what it throws when there is no room for one.
  if (error === null) return stringify({ code: "TOOL_LIMIT", message: describeError(error) });
  if (name === "InternalError") return stringify({ code: "TOOL_LIMIT", message: String(message) });
  const known = typeof code === "string" && Object.hasOwn(CODES, code) ? CODES[code] : "TOOL_FAILED";
  const isToolFailure = name === "ToolFailure";
  if (!isToolFailure) print(describeError(error));
  return stringify({ code: known, message: isToolFailure ? String(message) : describeError(error).split("\n")[0] });
}

/** Called once. Whatever the tool does, exactly one answer is reported, unless it never comes back. */
async function begin(factsJson: string): Promise<void> {
  try {
    const { arguments: args, key, traceparent, cwd }: ToolFacts = parse(factsJson);
    const tool: { readonly default?: Tool } | undefined = Reflect.get(globalThis, BUNDLE_GLOBAL);
    if (typeof tool?.default?.run !== "function") throw new TypeError("the tool's default export has no run function");
    const context = Object.freeze({ files: createFiles(cwd), fetch, key, traceparent });
    const result = await tool.default.run(args, context);
    const json = stringify(result === undefined ? null : result);
    if (json === undefined) throw new TypeError("the tool's result is nothing that JSON can say");
    ask("settled", "value", json);
  } catch (error) {
    ask("settled", "error", toFailure(error));
  }
}

Object.assign(globalThis, timerGlobals, { console });
const hooks = { begin, arrive, fire: runDueTimer };
for (const [name, hook] of Object.entries(hooks)) {
  Reflect.set(globalThis, TOOL_HOOKS[name as keyof typeof hooks], hook); // the keys of this very object
}
