/** `vasini secrets`: keep, list and remove the secrets of tools. A value comes from standard input, so that it stands in no history of a shell. */
import { type CommonFlags, type Context, readInput } from "./context.ts";
import { EXIT, type ExitCode, ownError } from "./exit.ts";
import { toTable } from "./output.ts";
import { shorten } from "./terminal.ts";
import { listOf, objectOf, textOf } from "./value.ts";

const PATH = "/api/v1/secrets";
const pathOf = (name: string): string => `${PATH}/${encodeURIComponent(name)}`;

type SetFlags = CommonFlags & { readonly host: string; readonly header?: string; readonly scheme?: string };

export async function setSecret(context: Context, name: string, flags: SetFlags): Promise<ExitCode> {
  // A shell's `echo` ends its line; no secret ends so.
  const value = (await readInput(context)).replace(/\r?\n$/, "");
  if (value === "") throw ownError("USAGE", "The value is read from standard input, and there is none.");
  const { host, header, scheme } = flags;
  const body = { value, host, ...(header ? { header } : {}), ...(scheme ? { scheme } : {}) };
  const kept = await context.clientFor(flags).send({ method: "PUT", path: pathOf(name), body, repeatable: true });
  const secret = objectOf(kept);
  context.output.result(kept, () => `kept ${shorten(name, 64)} for ${shorten(textOf(secret.host) ?? "?", 260)}`);
  return EXIT.ok;
}

export async function listSecrets(context: Context, flags: CommonFlags): Promise<ExitCode> {
  const page = await context.clientFor(flags).send({ method: "GET", path: PATH });
  const rows = listOf(objectOf(page).items).map((item) => {
    const secret = objectOf(item);
    return ["name", "host", "header", "scheme", "updated_at"].map((member) =>
      shorten(textOf(secret[member]) ?? "-", 60),
    );
  });
  context.output.result(page, () =>
    rows.length === 0 ? "" : toTable(["SECRET", "HOST", "HEADER", "SCHEME", "UPDATED"], rows),
  );
  if (!context.output.json && rows.length === 0) {
    context.output.note("No secrets. Keep one with: vasini secrets set github-token --host github.com < token.txt");
  }
  return EXIT.ok;
}

export async function removeSecret(context: Context, name: string, flags: CommonFlags): Promise<ExitCode> {
  await context.clientFor(flags).send({ method: "DELETE", path: pathOf(name) });
  context.output.result({ name, removed: true }, () => `removed ${shorten(name, 64)}`);
  return EXIT.ok;
}
