/**
 * A real redis-server, over its own protocol (RESP2). Upstash's scripts open with a flag that only Upstash's server
 * knows; it is taken off, and the script's own hash is kept for EVALSHA.
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { Engine, Reply } from "./rest.ts";

const CRLF = "\r\n";

/** One reply at `from`, and where it ends; null when not all of it has arrived. */
function parseReply(data: Buffer, from: number): { readonly reply: Reply; readonly end: number } | null {
  const lineEnd = data.indexOf(CRLF, from);
  if (lineEnd === -1) return null;
  const kind = data.toString("latin1", from, from + 1);
  const line = data.toString("utf8", from + 1, lineEnd);
  const next = lineEnd + 2;
  if (kind === "+") return { reply: { result: line }, end: next };
  if (kind === "-") return { reply: { error: line }, end: next };
  if (kind === ":") return { reply: { result: Number(line) }, end: next };
  const length = Number(line);
  if (length === -1) return { reply: { result: null }, end: next };
  if (kind === "$") {
    const end = next + length;
    return data.length < end + 2 ? null : { reply: { result: data.toString("utf8", next, end) }, end: end + 2 };
  }
  const items: unknown[] = [];
  let at = next;
  for (let n = 0; n < length; n++) {
    const item = parseReply(data, at);
    if (item === null) return null;
    items.push("error" in item.reply ? item.reply : item.reply.result);
    at = item.end;
  }
  return { reply: { result: items }, end: at };
}

const encode = (command: readonly string[]): string =>
  `*${command.length}${CRLF}${command.map((part) => `$${Buffer.byteLength(part)}${CRLF}${part}${CRLF}`).join("")}`;

/** Replies come in the order of the commands. */
function createConnection(socket: Socket): (commands: readonly (readonly string[])[]) => Promise<readonly Reply[]> {
  const waiting: ((reply: Reply) => void)[] = [];
  let rest = Buffer.alloc(0);
  socket.on("data", (piece) => {
    rest = Buffer.concat([rest, piece]);
    for (let parsed = parseReply(rest, 0); parsed !== null; parsed = parseReply(rest, 0)) {
      rest = rest.subarray(parsed.end);
      waiting.shift()?.(parsed.reply);
    }
  });
  socket.on("error", (error) => {
    for (const settle of waiting.splice(0)) settle({ error: String(error) });
  });
  return (commands) => {
    const replies = commands.map(() => new Promise<Reply>((settle) => waiting.push(settle)));
    socket.write(commands.map(encode).join(""));
    return Promise.all(replies);
  };
}

/** @param url `redis://host:port`, optionally with `/db`. Nothing in it is emptied: tests use names of their own. */
export async function connectRedis(url: string): Promise<Engine> {
  const { hostname, port, pathname, password } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port || "6379") });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const send = createConnection(socket);
  if (password !== "") await send([["AUTH", decodeURIComponent(password)]]);
  await send([["SELECT", pathname.slice(1) || "0"]]);
  const scripts = new Map<string, string>();
  const translate = (command: readonly string[]): readonly string[] => {
    const [name = "", first = "", ...more] = command;
    if (name.toUpperCase() === "EVAL") {
      const script = first.replace(/^\s*#!lua[^\n]*\n/, "\n");
      scripts.set(createHash("sha1").update(first).digest("hex"), script);
      return [name, script, ...more];
    }
    const known = name.toUpperCase() === "EVALSHA" ? scripts.get(first) : undefined;
    return known === undefined ? command : ["EVAL", known, ...more];
  };
  return {
    async run(commands, isAtomic) {
      const translated = commands.map(translate);
      if (!isAtomic) return send(translated);
      const replies = await send([["MULTI"], ...translated, ["EXEC"]]);
      const last = replies.at(-1) ?? { error: "no answer" };
      if ("error" in last || !Array.isArray(last.result)) return commands.map(() => last);
      return last.result.map((item: unknown): Reply => {
        const isError = typeof item === "object" && item !== null && "error" in item;
        return isError ? { error: String(item.error) } : { result: item };
      });
    },
    close: async () => void socket.destroy(),
  };
}
