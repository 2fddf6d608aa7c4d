/** `vasini audit`: the log as lines that anybody can check, and the check, which needs no server. */
import { createReadStream } from "node:fs";
import { isPublicKey, verifyExport } from "../audit/index.ts";
import { type CommonFlags, type Context, readLines } from "./context.ts";
import { EXIT, type ExitCode, ownError } from "./exit.ts";
import { AUDIT_PAGE_ROWS } from "./limits.ts";
import { shorten } from "./terminal.ts";
import { listOf, objectOf, textOf } from "./value.ts";

const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);

/** The head first: the log may grow while its pages are read, and the export ends where the head says. */
export async function exportAudit(context: Context, flags: CommonFlags): Promise<ExitCode> {
  const client = context.clientFor(flags);
  const head = objectOf(await client.send({ method: "GET", path: "/api/v1/audit/head" }));
  const last = numberOf(head.seq);
  for (let after = 0; after < last; ) {
    const path = `/api/v1/audit?after=${after}&limit=${AUDIT_PAGE_ROWS}`;
    const rows = listOf(objectOf(await client.send({ method: "GET", path })).items).map(objectOf);
    const due = rows.filter(({ seq }) => numberOf(seq) <= last);
    if (due.length === 0) throw ownError("BAD_ANSWER", `The log ends before row ${last}, which its head names.`);
    context.output.lines(due);
    after = numberOf(due.at(-1)?.seq);
  }
  context.output.lines([head]);
  context.output.note(
    `${last} rows, signed by ${shorten(textOf(head.public_key) ?? "?", 60)}: keep that key elsewhere.`,
  );
  return EXIT.ok;
}

type VerifyFlags = CommonFlags & { readonly publicKey?: string };

export async function verifyAudit(context: Context, file: string, flags: VerifyFlags): Promise<ExitCode> {
  if (flags.publicKey !== undefined && !isPublicKey(flags.publicKey)) {
    throw ownError(
      "USAGE",
      `--public-key is "${flags.publicKey}"; expected 32 bytes as base64url, as the export shows it.`,
    );
  }
  const stdin = file === "-" ? context.stdin : createReadStream(file, "utf8");
  const verified = await verifyExport(readExport(file, stdin), flags.publicKey ?? null);
  if (!verified.ok) {
    const { line, message } = verified.error;
    throw ownError("AUDIT_BROKEN", `Line ${line}: ${message}.`);
  }
  const { tenant, rows, publicKey } = verified.value;
  const isTrusted = flags.publicKey !== undefined;
  const document = { ok: true, tenant_id: tenant, rows, public_key: publicKey, trusted: isTrusted };
  context.output.result(
    document,
    () => `whole: ${rows} rows of ${shorten(tenant, 36)}, signed by ${shorten(publicKey, 60)}`,
  );
  if (!isTrusted) context.output.note("No --public-key was given: whether that is the right key, only you can tell.");
  return EXIT.ok;
}

/** @throws CliError `USAGE` when the file breaks off or is not there. */
async function* readExport(file: string, stdin: Context["stdin"]): AsyncGenerator<string> {
  try {
    yield* readLines({ stdin });
  } catch (thrown) {
    throw ownError("USAGE", `${file} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}
