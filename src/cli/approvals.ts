/**
 * `vasini approvals`: what waits for a person, shown whole, and the decision. Whoever decides is shown the arguments
 * first, and the decision carries the hash of exactly those.
 */
import { canonicalJson, sha256Hex } from "../platform/index.ts";
import type { Client } from "./client.ts";
import { type CommonFlags, type Context, integerOf } from "./context.ts";
import { EXIT, type ExitCode, ownError } from "./exit.ts";
import { type Output, toTable } from "./output.ts";
import { escapeHidden, forTerminal, shorten } from "./terminal.ts";
import { type JsonObject, listOf, objectOf, parseJson, textOf } from "./value.ts";

const pathOf = (id: string, rest = ""): string => `/api/v1/approvals/${encodeURIComponent(id)}${rest}`;

const readApproval = async (client: Client, id: string): Promise<JsonObject> =>
  objectOf(await client.send({ method: "GET", path: pathOf(id) }));

type ListFlags = CommonFlags & { readonly state?: string; readonly limit?: string; readonly cursor?: string };

export async function listApprovals(context: Context, flags: ListFlags): Promise<ExitCode> {
  const query = new URLSearchParams();
  if (flags.state !== undefined) query.set("state", flags.state);
  if (flags.limit !== undefined) query.set("limit", String(integerOf("--limit", flags.limit, { min: 1, max: 100 })));
  if (flags.cursor !== undefined) query.set("cursor", flags.cursor);
  const path = `/api/v1/approvals${query.size > 0 ? `?${query}` : ""}`;
  const page = await context.clientFor(flags).send({ method: "GET", path });
  const { items, next_cursor: next } = objectOf(page);
  const rows = listOf(items).map((item) => {
    const approval = objectOf(item);
    return ["approval_id", "kind", "state", "tool_id", "risk_level", "expires_at"].map((name) =>
      shorten(textOf(approval[name]) ?? "-", 128),
    );
  });
  const heads = ["APPROVAL", "KIND", "STATE", "TOOL", "RISK", "EXPIRES"];
  context.output.result(page, () => (rows.length === 0 ? "" : toTable(heads, rows)));
  if (context.output.json) return EXIT.ok;
  if (rows.length === 0) context.output.note("Nothing waits for a person.");
  else context.output.note("See what is asked with: vasini approvals show <id>");
  if (typeof next === "string") context.output.note(`More with: --cursor ${shorten(next, 1000)}`);
  return EXIT.ok;
}

type ShowFlags = CommonFlags & { readonly exitStatus?: boolean };

export async function showApproval(context: Context, id: string, flags: ShowFlags): Promise<ExitCode> {
  const approval = await readApproval(context.clientFor(flags), id);
  context.output.result(approval, () => describe(approval, context.output));
  if (!context.output.json && approval.state === "pending") context.output.note(nextOf(approval));
  return flags.exitStatus === true ? exitOf(approval) : EXIT.ok;
}

/** 0: it was allowed, or cleared up. */
function exitOf({ state, decision }: JsonObject): ExitCode {
  if (state === "pending") return EXIT.waiting;
  return state === "decided" && decision !== "reject" ? EXIT.ok : EXIT.declined;
}

const nextOf = ({ approval_id: id, kind }: JsonObject): string => {
  const shown = forTerminal(textOf(id) ?? "<id>");
  return kind === "unknown_outcome"
    ? `Find out what became of the call, then: vasini approvals resolve ${shown} --as happened|did_not_happen|retry`
    : `Decide with: vasini approvals approve ${shown}, or: vasini approvals reject ${shown} --reason "..."`;
};

const FACTS = [
  "approval_id",
  "kind",
  "state",
  "reason",
  "tool_id",
  "tool_name",
  "risk_level",
  "task_id",
  "call_id",
  "pack_id",
  "pack_version",
  "requested_by",
  "requested_at",
  "expires_at",
  "decision",
  "decided_by",
  "decided_at",
  "decision_reason",
  "used_at",
  "args_hash",
] as const;

/** Never cut: what is not shown is not approved. */
function describe(approval: JsonObject, { paint }: Pick<Output, "paint">): string {
  const width = Math.max(...FACTS.map((name) => name.length));
  const lines = FACTS.flatMap((name) => {
    const text = textOf(approval[name]);
    return text === undefined ? [] : [`${paint.dim(name.padEnd(width))}  ${forTerminal(text)}`];
  });
  return [...lines, "", paint.dim("arguments"), exactly(approval.arguments)].join("\n");
}

/** In the order of the canonical form, and with nothing in it that a terminal would hide. */
const exactly = (value: unknown): string =>
  escapeHidden(JSON.stringify(parseJson(canonicalJson(value ?? null)), null, 2));

type DecideFlags = CommonFlags & { readonly reason?: string };

export const approve = (context: Context, id: string, flags: DecideFlags): Promise<ExitCode> =>
  decide(context, id, { flags, decision: "approve" });

export const reject = (context: Context, id: string, flags: DecideFlags): Promise<ExitCode> =>
  decide(context, id, { flags, decision: "reject" });

const RESOLUTIONS: readonly string[] = ["happened", "did_not_happen", "retry"];

type ResolveFlags = DecideFlags & { readonly as: string; readonly result?: string };

export async function resolve(context: Context, id: string, flags: ResolveFlags): Promise<ExitCode> {
  if (!RESOLUTIONS.includes(flags.as)) {
    throw ownError("USAGE", `--as is "${flags.as}"; expected one of ${RESOLUTIONS.join(", ")}.`);
  }
  const result = flags.result === undefined ? undefined : parseJson(flags.result);
  if (flags.result !== undefined && result === undefined) {
    throw ownError("USAGE", `--result is no JSON; text goes in quotes, such as '"done"'.`);
  }
  if (result !== undefined && flags.as !== "happened") throw ownError("USAGE", "--result goes with --as happened.");
  return decide(context, id, { flags, decision: flags.as, ...(result === undefined ? {} : { result }) });
}

type Decision = { readonly flags: DecideFlags; readonly decision: string; readonly result?: unknown };

async function decide(context: Context, id: string, { flags, decision, result }: Decision): Promise<ExitCode> {
  const client = context.clientFor(flags);
  const { output } = context;
  const approval = await readApproval(client, id);
  output.note(describe(approval, { paint: output.paintNote }));
  const body = {
    decision,
    // Of what was shown, made here: a server that showed one thing and holds another refuses it.
    args_hash: await sha256Hex(canonicalJson(approval.arguments ?? null)),
    ...(flags.reason === undefined ? {} : { reason: flags.reason }),
    ...(result === undefined ? {} : { result }),
  };
  const decided = objectOf(await client.send({ method: "POST", path: pathOf(id, "/decision"), body }));
  output.result(decided, () => shorten(textOf(decided.decision) ?? decision, 40));
  if (!output.json)
    output.note(`Follow the task with: vasini tasks watch ${forTerminal(textOf(decided.task_id) ?? "")}`);
  return EXIT.ok;
}
