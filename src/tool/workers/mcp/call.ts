/** One call of a remote tool: its answer as data for the model, within what a result has room for. */
import { CallError } from "../call-error.ts";
import { clipText, utf8Bytes } from "../clip.ts";
import { MCP_OTHERS_BYTES_MAX, MCP_OTHERS_MAX, MCP_STRUCTURED_BYTES_MAX } from "../limits.ts";
import type { Answer, Session } from "./session.ts";

export type Call = {
  readonly name: string;
  readonly arguments: { readonly [name: string]: unknown };
  /** The same for every repetition of the call. */
  readonly key: string;
};

/** @throws CallError with the server's words when the tool says that it failed. */
export async function callTool(session: Session, { name, arguments: args, key }: Call): Promise<unknown> {
  const answer = await session.request("tools/call", {
    name,
    arguments: args,
    _meta: { "vasini.ai/idempotency-key": key },
  });
  const blocks = Array.isArray(answer.content) ? answer.content.map(toBlock) : [];
  const text = blocks.flatMap((block) => (block.kind === "text" ? [block.text] : [])).join("\n");
  if (answer.isError === true) throw new CallError("TOOL_FAILED", text || "the tool failed without saying why");
  const others = blocks.flatMap((block) => (block.kind === "other" ? [block.facts] : []));
  return {
    ...toText(text, answer),
    ...toStructured(answer),
    ...toOther(others),
  };
}

function toText(text: string, { structuredContent }: Answer) {
  // A server repeats what is structured as text for those who read no structure.
  if (isStructured(structuredContent) && isSame(text, structuredContent)) return {};
  const head = clipText(text);
  return head === text ? { text } : { text: head, truncated: true };
}

const isStructured = (value: unknown): boolean =>
  typeof value === "object" && value !== null && utf8Bytes(JSON.stringify(value)) <= MCP_STRUCTURED_BYTES_MAX;

function isSame(text: string, value: unknown): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
  } catch {
    return false; // no JSON, so something else than the structure
  }
}

function toStructured({ structuredContent }: Answer) {
  if (structuredContent === undefined) return {};
  return isStructured(structuredContent) ? { structured: structuredContent } : { structured_left_out: true };
}

/** As many as there is room for, in their order, and how many more there are. */
function toOther(others: readonly Facts[]) {
  let bytesLeft = MCP_OTHERS_BYTES_MAX;
  const end = others.findIndex((facts, index) => {
    bytesLeft -= utf8Bytes(JSON.stringify(facts));
    return bytesLeft < 0 || index === MCP_OTHERS_MAX;
  });
  const named = end === -1 ? others : others.slice(0, end);
  const more = others.length - named.length;
  return { ...(named.length === 0 ? {} : { other: named }), ...(more === 0 ? {} : { more }) };
}

type Facts = Readonly<Record<string, unknown>>;

type Block =
  | { readonly kind: "text"; readonly text: string }
  /** What is no text: named, never passed on. */
  | { readonly kind: "other"; readonly facts: Facts };

function toBlock(block: unknown): Block {
  const { type, text, data, mimeType, uri, resource, name } = recordOf(block);
  if (type === "text" && typeof text === "string") return { kind: "text", text };
  const inner = recordOf(resource);
  if (typeof inner.text === "string") return { kind: "text", text: inner.text };
  const blob = data ?? inner.blob;
  return {
    kind: "other",
    facts: {
      type: label(type),
      ...facts("mime_type", mimeType ?? inner.mimeType),
      ...facts("uri", uri ?? inner.uri),
      ...facts("name", name),
      ...(typeof blob === "string" ? { bytes: Math.floor((blob.length * 3) / 4) } : {}),
    },
  };
}

const FACT_LENGTH_MAX = 500;

const label = (value: unknown): string => (typeof value === "string" ? value.slice(0, FACT_LENGTH_MAX) : "unknown");

const facts = (name: string, value: unknown) => (typeof value === "string" ? { [name]: label(value) } : {});

const recordOf = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null ? { ...value } : {};
