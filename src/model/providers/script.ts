/**
 * The offline provider's directives, read from a task's input: text -> turns. Pure. What each directive does is in
 * docs/models.md; lines that are no directives are prose and are left alone.
 */
import { parseDuration } from "../../platform/index.ts";

/** What happens within a turn before it ends. */
export type Play =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "sleep"; readonly ms: number }
  | { readonly kind: "fail"; readonly status: number; readonly times: number }
  | { readonly kind: "cut" };

type ScriptCall = { readonly toolId: string; readonly json: string };

export type ScriptTurn = { readonly plays: readonly Play[]; readonly calls: readonly ScriptCall[] };

export type Script = {
  /** The turns that end in tool calls, in order. */
  readonly turns: readonly ScriptTurn[];
  /** What happens in the last turn, the one that answers. */
  readonly last: readonly Play[];
  /** A sentence for each line that looks like a directive and cannot be played. */
  readonly faults: readonly string[];
  readonly isEmpty: boolean;
};

/** Valid up to where it breaks off, as a model's arguments are when its tokens run out. */
const BAD_JSON = '{"path": "notes.txt", "content": "this text never en';

const DIRECTIVE = /^@(tool|say|sleep|fail|cut|badjson)(?=\s|$)\s*(.*)$/;

export function parseScript(input: string): Script {
  const turns: ScriptTurn[] = [];
  const faults: string[] = [];
  let plays: Play[] = [];
  let calls: ScriptCall[] = [];
  let directives = 0;
  const endTurn = () => {
    if (calls.length > 0) turns.push({ plays, calls });
    else return;
    plays = [];
    calls = [];
  };
  for (const [index, line] of input.split(/\r?\n/).entries()) {
    const match = DIRECTIVE.exec(line.trim());
    const [, name = "", rest = ""] = match ?? [];
    if (match === null) continue;
    directives += 1;
    if (name === "tool" || name === "badjson") {
      const { call, isJoined } = parseCall(name, rest);
      if (call === null) faults.push(`Line ${index + 1}: @${name} needs a tool's id.`);
      else calls.push(call);
      if (!isJoined) endTurn();
      continue;
    }
    // A trailing & joins calls only; anything else starts the next turn.
    endTurn();
    const play = parsePlay(name, rest);
    if (typeof play === "string") faults.push(`Line ${index + 1}: ${play}`);
    else plays.push(play);
  }
  endTurn();
  return { turns, last: plays, faults, isEmpty: directives === 0 };
}

function parseCall(name: "tool" | "badjson", rest: string): { call: ScriptCall | null; isJoined: boolean } {
  const isJoined = rest.endsWith("&");
  const body = isJoined ? rest.slice(0, -1).trim() : rest.trim();
  const [, toolId = "", json = ""] = /^(\S+)\s*(.*)$/.exec(body) ?? [];
  if (toolId === "") return { call: null, isJoined };
  // Arguments stay text: they pass through the same strict parser as a model's.
  return { call: { toolId, json: name === "badjson" ? BAD_JSON : json === "" ? "{}" : json }, isJoined };
}

/** A sentence when the directive cannot be played. */
function parsePlay(name: string, rest: string): Play | string {
  if (name === "say") return { kind: "say", text: rest };
  if (name === "cut") return { kind: "cut" };
  if (name === "sleep") {
    const duration = parseDuration(rest.trim());
    return duration.ok ? { kind: "sleep", ms: duration.value } : `@sleep needs ${duration.error.expected}.`;
  }
  const [, status, times = "1"] = /^([45]\d\d)(?:\s+(\d{1,4}))?\s*$/.exec(rest) ?? [];
  if (status === undefined) return "@fail needs an HTTP status from 400 to 599, and perhaps how often.";
  return { kind: "fail", status: Number(status), times: Number(times) };
}
