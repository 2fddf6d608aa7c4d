/**
 * Tool calls between the room's types and the wires: strict parsing of arguments, ids that are unique in the whole
 * conversation, and names that every provider accepts.
 */
import { isDeeperThan } from "../../platform/index.ts";
import { ARGUMENTS_DEPTH_MAX, MALFORMED_ECHO_CHARS } from "../limits.ts";
import type { FinishReason, Message, ModelRequest, ToolCall } from "../provider.ts";

/** A call as it was collected from a stream: nothing in it is trusted yet. */
export type RawCall = { readonly id: string; readonly name: string; readonly json: string };

/**
 * The arguments, when `json` is exactly one JSON object; otherwise what is wrong with it. Nothing is repaired: a model
 * that sees its mistake mends it, a repaired call does something nobody asked for.
 */
export function parseArguments(json: string): ToolCall["arguments"] {
  const malformed = (problem: string) => ({ kind: "malformed", raw: json, problem }) as const;
  if (json.trim() === "") return malformed("the arguments are empty; they must be a JSON object");
  try {
    const value: unknown = JSON.parse(json);
    if (value === null) return malformed("the arguments are null; they must be a JSON object");
    if (Array.isArray(value)) return malformed("the arguments are an array; they must be a JSON object");
    if (typeof value !== "object") return malformed(`the arguments are a ${typeof value}; they must be a JSON object`);
    if (isDeeperThan(value, ARGUMENTS_DEPTH_MAX)) {
      return malformed(`the arguments are nested deeper than ${ARGUMENTS_DEPTH_MAX} levels`);
    }
    return { kind: "object", value: { ...value } };
  } catch {
    // The parser's own words differ between engines and may quote the text: ours are the same everywhere.
    return malformed("the arguments are not valid JSON");
  }
}

/** Ids that every provider accepts back. @see https://platform.claude.com/docs/en/api/messages */
const CALL_ID = /^[A-Za-z0-9_-]{1,64}$/;

const callIdsIn = (messages: readonly Message[]): Set<string> =>
  new Set(
    messages.flatMap((message) => (message.role === "assistant" ? message.toolCalls.map((call) => call.callId) : [])),
  );

/**
 * Calls with parsed arguments. An id that is missing, repeats an earlier one of the conversation, or could not be sent
 * to another provider, is replaced: some servers number the calls of each reply from zero.
 */
export function toToolCalls(
  raw: readonly RawCall[],
  request: ModelRequest,
  finishReason: FinishReason | null,
): ToolCall[] {
  const used = callIdsIn(request.messages);
  const toolIds = new Map(request.tools.map((tool) => [toWireName(tool.id), tool.id]));
  return raw.map(({ id, name, json }) => {
    let callId = CALL_ID.test(id) ? id : "call_0";
    for (let n = 1; used.has(callId); n += 1) callId = `call_${n}`;
    used.add(callId);
    const args = parseArguments(json);
    const isCutOff = args.kind === "malformed" && finishReason === "max_tokens";
    return {
      callId,
      toolId: toolIds.get(name) ?? name,
      arguments: isCutOff ? { ...args, problem: "the reply reached its token limit inside the arguments" } : args,
    };
  });
}

/** A tool's id as a name that every provider accepts: letters, digits, `_` and `-`, at most 64. */
export const toWireName = (toolId: string): string => toolId.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 64) || "_";

/**
 * The arguments of an earlier call, to show the model what it wrote. Providers accept only objects here, so malformed
 * arguments travel as text inside one; they were never executed.
 */
export const toWireArguments = (call: ToolCall): { readonly [name: string]: unknown } =>
  call.arguments.kind === "object"
    ? call.arguments.value
    : { malformed_arguments: call.arguments.raw.slice(0, MALFORMED_ECHO_CHARS) };
