/** `vasini tasks files`: what a task's tools left in its workspace, and one of the files. */
import { writeFile } from "node:fs/promises";
import type { CommonFlags, Context } from "./context.ts";
import { EXIT, type ExitCode, ownError } from "./exit.ts";
import { textFor, toTable } from "./output.ts";
import { shorten } from "./terminal.ts";
import { listOf, numberOf, objectOf, textOf } from "./value.ts";

type FilesFlags = CommonFlags & { readonly out?: string };

export async function taskFiles(
  context: Context,
  taskId: string,
  path: string | undefined,
  flags: FilesFlags,
): Promise<ExitCode> {
  const address = `/api/v1/tasks/${encodeURIComponent(taskId)}/files`;
  if (path !== undefined) return oneFile(context, address, path, flags);
  if (flags.out !== undefined) throw ownError("USAGE", "--out is for one file: name its path too.");
  const page = await context.clientFor(flags).send({ method: "GET", path: address });
  const rows = listOf(objectOf(page).items).map((item) => {
    const file = objectOf(item);
    const step = numberOf(file.modified_step);
    const shown = [shorten(textOf(file.path) ?? "-", 1024), String(numberOf(file.bytes) ?? "-")];
    return [...shown, step === undefined ? "session" : `step ${step}`, shorten(textOf(file.sha256) ?? "-", 16)];
  });
  context.output.result(page, () => (rows.length === 0 ? "" : toTable(["PATH", "BYTES", "FROM", "SHA-256"], rows)));
  if (!context.output.json && rows.length === 0) context.output.note("The task has no files.");
  return EXIT.ok;
}

async function oneFile(context: Context, address: string, path: string, flags: FilesFlags): Promise<ExitCode> {
  const { output } = context;
  const inside = path.split("/").filter((part) => part !== "");
  const bytes = await context.clientFor(flags).download(`${address}/${inside.map(encodeURIComponent).join("/")}`);
  if (flags.out !== undefined) {
    // `wx`: a file of the user's is never written over.
    await writeFile(flags.out, bytes, { flag: "wx" }).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === "EEXIST") throw ownError("FILE_EXISTS", `${flags.out} exists already.`);
      throw ownError("USAGE", `${flags.out} cannot be written: ${thrown.message}`);
    });
    output.result({ ok: true, path, bytes: bytes.byteLength, out: flags.out }, () => "");
    if (!output.json) output.note(`${bytes.byteLength} bytes written to ${flags.out}`);
    return EXIT.ok;
  }
  const text = toText(bytes);
  if (output.json) {
    const content =
      text === null ? { content: Buffer.from(bytes).toString("base64"), encoding: "base64" } : { content: text };
    output.result({ path, bytes: bytes.byteLength, ...content }, () => "");
    return EXIT.ok;
  }
  if (text === null) throw ownError("USAGE", `${path} is no text; name a file to write it to with --out.`);
  output.stdout.write(textFor(output.stdout, text));
  return EXIT.ok;
}

/** Null for what is not UTF-8. */
function toText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null; // not text is an answer, too
  }
}
