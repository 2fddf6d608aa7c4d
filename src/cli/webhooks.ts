/** `vasini webhooks`: make, list, change, remove, rotate and try webhooks. A secret is the answer that makes it, and stands nowhere else. */
import { type CommonFlags, type Context, integerOf } from "./context.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { toTable } from "./output.ts";
import { shorten } from "./terminal.ts";
import { type JsonObject, listOf, numberOf, objectOf, textOf } from "./value.ts";

const PATH = "/api/v1/webhooks";
const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

/** A member as one cell of a table, or one part of a sentence. */
const cellOf = (item: JsonObject, member: string, most = 60): string =>
  shorten(textOf(item[member]) || String(numberOf(item[member]) ?? "-"), most);

const typesOf = (item: JsonObject): string =>
  listOf(item.event_types)
    .map((type) => textOf(type) ?? "?")
    .join(",") || "all";

type CreateFlags = CommonFlags & { readonly type?: readonly string[]; readonly description?: string };

export async function createWebhook(context: Context, url: string, flags: CreateFlags): Promise<ExitCode> {
  const { type, description } = flags;
  const body = { url, ...(type ? { event_types: type } : {}), ...(description ? { description } : {}) };
  const made = await context.clientFor(flags).send({ method: "POST", path: PATH, body });
  return showSecret(context, made);
}

/** The secret alone on standard output, and what to do with it beside. */
function showSecret(context: Context, made: unknown): ExitCode {
  const webhook = objectOf(made);
  context.output.result(made, () => cellOf(webhook, "secret", 400));
  if (!context.output.json) {
    context.output.note(`The secret is shown once; keep it now. Id ${cellOf(webhook, "id")}.`);
  }
  return EXIT.ok;
}

export async function listWebhooks(context: Context, flags: CommonFlags): Promise<ExitCode> {
  const page = await context.clientFor(flags).send({ method: "GET", path: PATH });
  const webhooks = listOf(objectOf(page).items).map(objectOf);
  const rows = webhooks.map((webhook) => [
    ...["id", "state", "failures"].map((member) => cellOf(webhook, member)),
    shorten(typesOf(webhook), 60),
    cellOf(webhook, "url", 100),
  ]);
  const heads = ["WEBHOOK", "STATE", "FAILURES", "TYPES", "URL"];
  context.output.result(page, () => (rows.length === 0 ? "" : toTable(heads, rows)));
  if (context.output.json) return EXIT.ok;
  if (rows.length === 0)
    context.output.note("No webhooks. Make one with: vasini webhooks create https://example.com/hook");
  for (const webhook of webhooks.filter(({ disabled_reason: reason }) => textOf(reason) !== undefined)) {
    context.output.note(`${cellOf(webhook, "id")} is ${cellOf(webhook, "disabled_reason", 300)}.`);
  }
  return EXIT.ok;
}

type UpdateFlags = CreateFlags & { readonly to?: string; readonly state?: string };

export async function updateWebhook(context: Context, id: string, flags: UpdateFlags): Promise<ExitCode> {
  const { to: url, type, description, state } = flags;
  const changes = { url, event_types: type, description, state };
  const body = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const changed = await context.clientFor(flags).send({ method: "PATCH", path: pathOf(id), body, repeatable: true });
  context.output.result(changed, () => `${cellOf(objectOf(changed), "id")} ${cellOf(objectOf(changed), "state")}`);
  return EXIT.ok;
}

export async function removeWebhook(context: Context, id: string, flags: CommonFlags): Promise<ExitCode> {
  await context.clientFor(flags).send({ method: "DELETE", path: pathOf(id) });
  context.output.result({ id, removed: true }, () => `removed ${shorten(id, 64)}`);
  return EXIT.ok;
}

export async function rotateWebhook(context: Context, id: string, flags: CommonFlags): Promise<ExitCode> {
  const rotated = await context.clientFor(flags).send({ method: "POST", path: `${pathOf(id)}/rotate` });
  if (!context.output.json) context.output.note("The secret before this one goes on signing for 24 hours.");
  return showSecret(context, rotated);
}

/** Exit 1 when the receiver did not take it. */
export async function testWebhook(context: Context, id: string, flags: CommonFlags): Promise<ExitCode> {
  const tested = await context.clientFor(flags).send({ method: "POST", path: `${pathOf(id)}/test` });
  const answer = objectOf(tested);
  context.output.result(tested, () =>
    answer.delivered === true
      ? `delivered: answered ${cellOf(answer, "status")}`
      : `not delivered: ${cellOf(answer, "error", 300)}`,
  );
  return answer.delivered === true ? EXIT.ok : EXIT.error;
}

type PageFlags = CommonFlags & { readonly limit?: string; readonly cursor?: string };

export async function listDeliveries(context: Context, id: string, flags: PageFlags): Promise<ExitCode> {
  const query = new URLSearchParams();
  if (flags.limit !== undefined) query.set("limit", String(integerOf("--limit", flags.limit, { min: 1, max: 100 })));
  if (flags.cursor !== undefined) query.set("cursor", flags.cursor);
  const path = `${pathOf(id)}/deliveries${query.size > 0 ? `?${query}` : ""}`;
  const page = await context.clientFor(flags).send({ method: "GET", path });
  const { items, next_cursor: next } = objectOf(page);
  const members = ["event_type", "state", "attempts", "last_status", "next_attempt_at", "event_id", "last_error"];
  const rows = listOf(items).map((item) => members.map((member) => cellOf(objectOf(item), member)));
  const heads = ["TYPE", "STATE", "ATTEMPTS", "STATUS", "NEXT", "EVENT", "ERROR"];
  context.output.result(page, () => (rows.length === 0 ? "" : toTable(heads, rows)));
  if (context.output.json) return EXIT.ok;
  if (rows.length === 0) context.output.note("Nothing was sent yet. Try the receiver with: vasini webhooks test <id>");
  if (typeof next === "string") context.output.note(`More with: --cursor ${shorten(next, 1000)}`);
  return EXIT.ok;
}
