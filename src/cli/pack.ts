/**
 * `vasini pack`: create, check, show, compare and publish packs. Everything but publishing works without a server,
 * through the same code the server composes packs with.
 */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { stringify } from "yaml";
import { type Unchecked, uncheckedOf } from "../guard/index.ts";
import {
  type ComposedPack,
  composePack,
  diffPacks,
  type PackChange,
  type PackProblem,
  renderSystemPrompt,
  scaffoldPack,
} from "../pack/index.ts";
import { parsePackId } from "../platform/index.ts";
import type { CommonFlags, Context } from "./context.ts";
import { EXIT, type ExitCode, ownError } from "./exit.ts";
import { type Output, type Paint, textFor } from "./output.ts";
import { listPackFolders, type PackOnDisk, readPackFolder } from "./pack-files.ts";
import { publishPack } from "./publish.ts";
import { forTerminal, shorten } from "./terminal.ts";
import { isObject, listOf, numberOf, objectOf, textOf } from "./value.ts";

/** Where packs live in a repository. */
const PACKS = "packs";

type InitFlags = CommonFlags & { readonly dir?: string };

export async function initPack(context: Context, packId: string, flags: InitFlags): Promise<ExitCode> {
  if (parsePackId(packId) === undefined) {
    throw ownError("USAGE", `"${packId}" is no pack id: lower-case letters, digits and "-", starting with a letter.`);
  }
  const root = flags.dir ?? PACKS;
  const directory = join(root, packId);
  if (await exists(directory)) throw ownError("FILE_EXISTS", `${directory} exists already.`);
  const files = [...scaffoldPack(packId)];
  for (const [path, text] of files) await writeNew(join(root, path), text);
  const paths = files.map(([path]) => join(root, path));
  context.output.result({ ok: true, pack: packId, directory, files: paths }, () => paths.join("\n"));
  if (!context.output.json) context.output.note(`Check it with: vasini pack validate ${directory}`);
  return EXIT.ok;
}

/** @throws CliError `FILE_EXISTS`; `USAGE` when nothing can be written there. */
async function writeNew(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    // `wx`: two runs at once must not overwrite each other's files.
    await writeFile(path, text, { flag: "wx" });
  } catch (thrown) {
    if (isObject(thrown) && thrown.code === "EEXIST") throw ownError("FILE_EXISTS", `${path} exists already.`);
    throw ownError("USAGE", `${path} cannot be written: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** `hello` stands for `packs/hello` when there is no folder of that name here. */
async function locate(given: string): Promise<string> {
  if (await exists(given)) return basename(given).endsWith(".yaml") ? dirname(given) : given;
  const inPacks = join(PACKS, given);
  return !given.includes("/") && (await exists(inPacks)) ? inPacks : given;
}

export const openPack = async (given: string): Promise<PackOnDisk> => readPackFolder(await locate(given));

type Verdict = {
  readonly pack: string;
  readonly ok: boolean;
  readonly digest: string | null;
  readonly problems: readonly PackProblem[];
} & Unchecked;

type ValidateFlags = CommonFlags & { readonly strict?: boolean };

export async function validatePacks(
  context: Context,
  given: readonly string[],
  flags: ValidateFlags,
): Promise<ExitCode> {
  const { output } = context;
  const paths = given.length > 0 ? given : (await listPackFolders(PACKS)).map((name) => join(PACKS, name));
  if (paths.length === 0)
    throw ownError("PACK_NOT_READABLE", "There is no pack here: name a folder, or run where packs/ is.");
  const verdicts: Verdict[] = [];
  for (const path of paths) verdicts.push(await validate(await openPack(path), flags.strict === true));
  const errors = verdicts.flatMap((verdict) => verdict.problems).filter(isError);
  if (!output.json) for (const verdict of verdicts) output.stdout.write(`${describeVerdict(verdict, output.paint)}\n`);
  if (errors.length > 0) {
    const message = `${errors.length} ${errors.length === 1 ? "mistake" : "mistakes"} in ${verdicts.filter((verdict) => !verdict.ok).length} of ${verdicts.length} packs.`;
    throw ownError("PACK_INVALID", message, { extra: { packs: verdicts } });
  }
  output.result({ ok: true, packs: verdicts }, () => "");
  return EXIT.ok;
}

async function validate(pack: PackOnDisk, strict: boolean): Promise<Verdict> {
  const composed = await composePack(pack.files, pack.folder, { strict });
  const problems = [...pack.problems, ...(composed.ok ? composed.value.warnings : composed.error)];
  const ok = composed.ok && !pack.problems.some(isError);
  // No mistakes: the pack is whole, and says more than any run of it looks after.
  const unchecked = composed.ok ? uncheckedOf(composed.value.config.guardrails, null) : NOTHING;
  return { pack: pack.folder, ok, digest: ok ? composed.value.digest : null, problems, ...unchecked };
}

const NOTHING: Unchecked = { not_enforced: [], not_checked: [] };

const isError = ({ severity }: PackProblem): boolean => severity === "error";

function describeVerdict(verdict: Verdict, paint: Paint): string {
  const name = forTerminal(verdict.pack);
  const head = verdict.ok ? `${paint.green("ok")} ${name}` : `${paint.red("wrong")} ${name}`;
  const notes = [
    ["not enforced", verdict.not_enforced],
    ["not checked", verdict.not_checked],
  ] as const;
  return [
    head,
    ...verdict.problems.map((problem) => describeProblem(problem, paint)),
    ...notes.flatMap(([note, fields]) => fields.map((field) => `${note}: ${field} (it takes a judge)`)),
  ].join("\n");
}

/** `hello/SOUL.yaml:3:7 error /identity/name: must be a string; found 5, expected string`. */
function describeProblem(problem: PackProblem, paint: Paint): string {
  const place = `${forTerminal(problem.file)}:${problem.line}:${problem.column}`;
  const pointer = problem.pointer === "" ? "(whole file)" : forTerminal(problem.pointer);
  const kind = problem.severity === "error" ? paint.red("error") : paint.yellow("warning");
  const found = problem.found === "" ? "" : `; found ${shorten(problem.found, 120)}`;
  const expected = problem.expected === "" ? "" : `, expected ${shorten(problem.expected, 300)}`;
  const message = forTerminal(problem.message).replace(/\.$/, "");
  return `${place} ${kind} ${pointer}: ${message}${found}${expected}`;
}

/** @throws CliError `PACK_INVALID` with every problem, when it does not compose. */
export async function composeOpened(pack: PackOnDisk, output: Output): Promise<ComposedPack> {
  const composed = await composePack(pack.files, pack.folder);
  const bundling = pack.problems.filter(isError);
  if (composed.ok && bundling.length === 0) return composed.value;
  const problems = [...bundling, ...(composed.ok ? [] : composed.error)];
  if (!output.json) for (const problem of problems) output.note(describeProblem(problem, output.paintNote));
  throw ownError("PACK_INVALID", `${pack.folder} does not compose.`, { extra: { problems } });
}

export async function compose(given: string, output: Output): Promise<ComposedPack> {
  return composeOpened(await openPack(given), output);
}

type ShowFlags = CommonFlags & { readonly prompt?: boolean };

export async function showPack(context: Context, given: string, flags: ShowFlags): Promise<ExitCode> {
  const { config, digest } = await compose(given, context.output);
  if (flags.prompt === true) {
    const prompt = renderSystemPrompt(config);
    const { pack_id, version } = config;
    // What the model gets: no newline of ours at the end.
    if (context.output.json) context.output.result({ pack_id, version, digest, prompt }, () => "");
    else context.output.stdout.write(textFor(context.output.stdout, prompt));
    return EXIT.ok;
  }
  const { output } = context;
  output.result({ digest, config }, () =>
    textFor(output.stdout, `# digest ${digest}\n${stringify(config, { lineWidth: 0 })}`),
  );
  return EXIT.ok;
}

export async function diffPackFolders(context: Context, before: string, after: string): Promise<ExitCode> {
  const [old, now] = [await compose(before, context.output), await compose(after, context.output)];
  const changes = diffPacks(old.config, now.config);
  const { output } = context;
  output.result({ before: old.digest, after: now.digest, changes }, () =>
    changes.map((change) => describeChange(change, output.paint)).join("\n"),
  );
  if (!output.json) output.note(changes.length === 0 ? "No difference." : summarise(changes));
  return EXIT.ok;
}

/** `+ /tools/denied/0 "git"`, `- ...`, `~ /role/title "a" -> "b"`; a `!` in front when the agent may do more than before. */
function describeChange({ pointer: at, before, after, permission }: PackChange, paint: Paint): string {
  const pointer = forTerminal(at);
  const show = (value: unknown): string => shorten(JSON.stringify(value) ?? "", 200);
  const mark = permission ? paint.yellow("! ") : "  ";
  if (before === undefined) return `${mark}${paint.green("+")} ${pointer} ${show(after)}`;
  if (after === undefined) return `${mark}${paint.red("-")} ${pointer} ${show(before)}`;
  return `${mark}~ ${pointer} ${show(before)} -> ${show(after)}`;
}

function summarise(changes: readonly PackChange[]): string {
  const wider = changes.filter((change) => change.permission).length;
  const many = `${changes.length} ${changes.length === 1 ? "change" : "changes"}`;
  return wider === 0
    ? `${many}; none lets the agent do more.`
    : `${many}; ${wider} marked ! may let the agent do more.`;
}

export async function publishCommand(context: Context, given: string, flags: CommonFlags): Promise<ExitCode> {
  const { output } = context;
  const pack = await openPack(given);
  const answer = await publishPack(context.clientFor(flags), pack);
  output.result(answer, () =>
    `${shorten(String(answer.pack_id ?? pack.folder), 128)} ${shorten(String(answer.version ?? ""), 64)}`.trim(),
  );
  // A mistyped `requires_approval` is a warning: whoever publishes has to see that it is not read.
  for (const warning of listOf(answer.warnings)) output.note(describeProblem(toWarning(warning), output.paintNote));
  return EXIT.ok;
}

function toWarning(value: unknown): PackProblem {
  const given = objectOf(value);
  const text = (name: string): string => forTerminal(textOf(given[name]) ?? "");
  const [file, pointer, message] = [text("file"), text("pointer"), text("message")];
  const [line, column] = [numberOf(given.line) ?? 1, numberOf(given.column) ?? 1];
  return {
    severity: "warning",
    file,
    line,
    column,
    pointer,
    message,
    found: text("found"),
    expected: text("expected"),
  };
}
