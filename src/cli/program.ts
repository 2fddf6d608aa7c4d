/** The command tree: names, arguments, flags, help. What a command does stands in its own file, loaded when it runs. */
import { Command, CommanderError } from "commander";
import type { CommonFlags, Context } from "./context.ts";
import type { ExitCode } from "./exit.ts";
import { addPolicy } from "./policy-commands.ts";

type Run = (code: Promise<ExitCode>) => Promise<void>;

const examples = (lines: readonly string[]): string => `Examples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;

/** An option that may be given several times. */
const addTo = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** The flags that hold for every command: they may stand before the command, between a group and it, and after it. */
const withCommonFlags = (command: Command): Command =>
  command
    .option("--json", "print one JSON document on standard output (one per line for streams)")
    .option("--url <url>", "server to use (VASINI_URL, default http://127.0.0.1:8787)")
    .option("--tenant <id>", "tenant to act for (VASINI_TENANT; without a key default local)")
    .option("--no-color", "no colours (also NO_COLOR)");

/** Hands the flags that stood before a command on to it; what stands nearer to it wins. */
function inheritFlags(leaf: Command): void {
  for (let above = leaf.parent; above !== null; above = above.parent) {
    for (const [name, value] of Object.entries(above.opts())) {
      if (above.getOptionValueSource(name) !== "cli" || leaf.getOptionValueSource(name) === "cli") continue;
      leaf.setOptionValueWithSource(name, value, "cli");
    }
  }
}

function leaf(parent: Command, signature: string, description: string, lines: readonly string[]): Command {
  return withCommonFlags(parent.command(signature).description(description).addHelpText("before", examples(lines)));
}

/** A command that only holds others. */
const group = (program: Command, name: string, description: string): Command =>
  withCommonFlags(program.command(name).description(description));

/**
 * @param finish is told the exit code of the command that ran.
 * @param onError is told of a usage error; thrown errors of commands pass through.
 */
export function buildProgram(options: {
  readonly version: string;
  readonly context: Context;
  readonly finish: (code: ExitCode) => void;
  readonly writeHelp: (text: string) => void;
}): Command {
  const program = new Command("vasini");
  const run: Run = async (code) => options.finish(await code);
  withCommonFlags(program)
    .hook("preAction", (_, command) => inheritFlags(command))
    .description("Runs agents that are described by files. Talks to the server at VASINI_URL.")
    .version(options.version, "-V, --version", "print the version")
    .addHelpText(
      "before",
      examples([
        'vasini run hello "Hi there" --watch',
        "vasini tasks ls --state running",
        "vasini pack validate packs/hello",
        "vasini doctor",
      ]),
    )
    .addHelpText("after", "\nEach command explains itself: vasini <command> --help. The whole of it: docs/cli.md")
    // So that `run --version 1.2.0` is the pack's version and `vasini --version` ours.
    .enablePositionalOptions();
  addRun(program, options.context, run);
  addTasks(program, options.context, run);
  addApprovals(program, options.context, run);
  addPack(program, options.context, run);
  addKeys(program, options.context, run);
  addWebhooks(program, options.context, run);
  addSecrets(program, options.context, run);
  addGuard(program, options.context, run);
  addAudit(program, options.context, run);
  addPolicy({ program, context: options.context, run, group, leaf });
  addDeadLetters(program, options.context, run);
  leaf(program, "doctor", "Checks this machine and the server, and says how to mend what is wrong.", [
    "vasini doctor",
    "vasini doctor --json",
  ]).action(async (flags: CommonFlags) => run((await import("./doctor.ts")).doctorCommand(options.context, flags)));
  for (const command of allOf(program)) {
    command
      .helpCommand(false)
      .exitOverride()
      // Errors are printed by main, as text or JSON; only help goes out here.
      .configureOutput({ writeOut: options.writeHelp, writeErr: () => {}, outputError: () => {} });
  }
  return program;
}

const allOf = (command: Command): Command[] => [command, ...command.commands.flatMap(allOf)];

function addRun(program: Command, context: Context, run: Run): void {
  leaf(program, "run", "Starts a task from a pack.", [
    'vasini run senior-python-dev "Write a function that adds two numbers" --watch',
    "vasini run hello - < question.txt",
    'vasini run hello "Hi" --json | jq -r .task_id',
  ])
    .argument("<pack>", "id of a published pack")
    .argument("<input>", "what the agent is asked; - reads standard input")
    .option("--watch", "follow the task to its end; the exit code tells how it ended")
    .option("--key <key>", "idempotency key: the same key reaches the same task (default: a new one)")
    .option("--session <id>", "session the task belongs to")
    .option("--version <version>", "version of the pack (default: the newest)")
    .option("--tier <tier>", "model tier: tier-1, tier-2 or tier-3 (default: the pack's)")
    .option("--timeout <duration>", "with --watch: stop following after this time, exit 8")
    .action(async (pack: string, input: string, flags) =>
      run((await import("./run.ts")).runCommand(context, pack, input, flags)),
    );
}

function addTasks(program: Command, context: Context, run: Run): void {
  const load = () => import("./tasks.ts");
  const tasks = group(program, "tasks", "Lists, reads, follows, cancels and replays tasks.");
  leaf(tasks, "ls", "Lists the tenant's tasks, newest first.", ["vasini tasks ls --state failed --limit 20"])
    .option("--state <state>", "only tasks in this state")
    .option("--pack <id>", "only tasks of this pack")
    .option("--limit <n>", "at most so many, 1 to 100")
    .option("--cursor <cursor>", "the page after this one, as the last page named it")
    .action(async (flags) => run((await load()).listTasks(context, flags)));
  leaf(tasks, "get", "Prints one task.", ["vasini tasks get $TASK", "vasini tasks get $TASK --json | jq -r .output"])
    .argument("<task>", "id of the task")
    .option("--exit-status", "let the exit code tell the state: 0 done, 5 ended otherwise, 6 waiting, 8 still running")
    .action(async (task: string, flags) => run((await load()).getTask(context, task, flags)));
  leaf(tasks, "watch", "Follows a task to its end, through lost connections.", ["vasini tasks watch $TASK"])
    .argument("<task>", "id of the task")
    .option("--after <seq>", "start after this event (default: at the beginning)")
    .option("--timeout <duration>", "stop following after this time, exit 8")
    .action(async (task: string, flags) => run((await load()).watchCommand(context, task, flags)));
  leaf(tasks, "files", "Lists the files of a task, or fetches one.", [
    "vasini tasks files $TASK",
    "vasini tasks files $TASK /workspace/report.md > report.md",
    "vasini tasks files $TASK /workspace/chart.png --out chart.png",
  ])
    .argument("<task>", "id of the task")
    .argument("[path]", "path of one file, as the list shows it")
    .option("--out <file>", "write the file here instead of to standard output")
    .action(async (task: string, path: string | undefined, flags) =>
      run((await import("./files.ts")).taskFiles(context, task, path, flags)),
    );
  leaf(tasks, "cancel", "Cancels a task that has not ended.", ["vasini tasks cancel $TASK"])
    .argument("<task>", "id of the task")
    .action(async (task: string, flags) => run((await load()).cancelTask(context, task, flags)));
  leaf(tasks, "replay", "Runs a task again as a new one, from a step on.", [
    "vasini tasks replay $TASK --from-step 3 --watch",
    "vasini tasks replay $TASK --dry-run",
  ])
    .argument("<task>", "id of the task")
    .option("--from-step <n>", "steps before this one keep their recorded results (default: 0)")
    .option("--version <version>", "version of the pack (default: the task's own)")
    .option("--dry-run", "call no tool")
    .option("--key <key>", "idempotency key (default: a new one)")
    .option("--watch", "follow the new task to its end")
    .option("--timeout <duration>", "with --watch: stop following after this time, exit 8")
    .action(async (task: string, flags) => run((await load()).replayTask(context, task, flags)));
}

function addApprovals(program: Command, context: Context, run: Run): void {
  const load = () => import("./approvals.ts");
  const approvals = program.command("approvals").description("Lists, shows and decides what waits for a person.");
  const reason = "for the record; a rejection's goes to the model";
  leaf(approvals, "ls", "Lists what waits for a person, newest first.", [
    "vasini approvals ls",
    "vasini approvals ls --state all --json",
  ])
    .option("--state <state>", "pending (default), decided, expired, withdrawn or all")
    .option("--limit <n>", "at most so many, 1 to 100")
    .option("--cursor <cursor>", "the page after this one, as the last page named it")
    .action(async (flags) => run((await load()).listApprovals(context, flags)));
  leaf(approvals, "show", "Prints one approval with the whole arguments of its call.", [
    "vasini approvals show $TASK.1",
  ])
    .argument("<id>", "id of the approval: the task's, a point and a number")
    .option("--exit-status", "let the exit code tell how it stands: 0 allowed, 3 declined or expired, 6 pending")
    .action(async (id: string, flags) => run((await load()).showApproval(context, id, flags)));
  leaf(approvals, "approve", "Shows the call and lets it run, once, with exactly these arguments.", [
    "vasini approvals approve $TASK.1",
  ])
    .argument("<id>", "id of the approval")
    .option("--reason <text>", reason)
    .action(async (id: string, flags) => run((await load()).approve(context, id, flags)));
  leaf(approvals, "reject", "Shows the call and refuses it; the task goes on without it.", [
    'vasini approvals reject $TASK.1 --reason "not on a Friday"',
  ])
    .argument("<id>", "id of the approval")
    .option("--reason <text>", reason)
    .action(async (id: string, flags) => run((await load()).reject(context, id, flags)));
  leaf(approvals, "resolve", "Says what became of a call that broke off.", [
    "vasini approvals resolve $TASK.1 --as happened --result '{\"id\":7}'",
    "vasini approvals resolve $TASK.1 --as retry",
  ])
    .argument("<id>", "id of the approval, of the kind unknown_outcome")
    .requiredOption("--as <what>", "happened, did_not_happen, or retry: make the call again")
    .option("--result <json>", "with happened: what the call gave, if that is known")
    .option("--reason <text>", "for the record")
    .action(async (id: string, flags) => run((await load()).resolve(context, id, flags)));
}

function addPack(program: Command, context: Context, run: Run): void {
  const load = () => import("./pack.ts");
  const pack = group(program, "pack", "Creates, checks, shows, compares and publishes packs.");
  leaf(pack, "init", "Writes a new pack that validates.", ["vasini pack init my-agent"])
    .argument("<pack>", "id of the new pack")
    .option("--dir <folder>", "folder that holds the packs (default: packs)")
    .action(async (id: string, flags) => run((await load()).initPack(context, id, flags)));
  leaf(pack, "validate", "Checks packs and prints every mistake with its place. Needs no server.", [
    "vasini pack validate packs/hello",
    "vasini pack validate --strict",
  ])
    .argument("[folders...]", "folders of packs (default: all in packs/)")
    .option("--strict", "unknown keys are errors")
    .action(async (folders: string[], flags) => run((await load()).validatePacks(context, folders, flags)));
  leaf(pack, "show", "Prints the composed pack with its defaults. Needs no server.", [
    "vasini pack show hello",
    "vasini pack show hello --prompt",
  ])
    .argument("<folder>", "folder of the pack")
    .option("--prompt", "print the exact system prompt instead")
    .action(async (folder: string, flags) => run((await load()).showPack(context, folder, flags)));
  leaf(pack, "diff", "Compares two packs after composing them. Needs no server.", [
    "vasini pack diff packs/hello ../other/packs/hello",
  ])
    .argument("<before>", "folder of one pack")
    .argument("<after>", "folder of the other")
    .action(async (before: string, after: string) => run((await load()).diffPackFolders(context, before, after)));
  leaf(pack, "test", "Runs the cases of a pack's own tools in a sandbox of this machine. Needs no server.", [
    "vasini pack test packs/qa-engineer",
  ])
    .argument("<folder>", "folder of the pack")
    .action(async (folder: string, flags) => run((await import("./pack-test.ts")).testPack(context, folder, flags)));
  leaf(pack, "publish", "Publishes a pack to the server.", ["vasini pack publish packs/hello"])
    .argument("<folder>", "folder of the pack")
    .action(async (folder: string, flags) => run((await load()).publishCommand(context, folder, flags)));
}

function addKeys(program: Command, context: Context, run: Run): void {
  const load = () => import("./keys.ts");
  const keys = group(program, "keys", "Makes, lists and revokes API keys.");
  const roles = "viewer, operator, approver, developer, admin, auditor or billing";
  leaf(keys, "create", "Makes an API key and prints it, this once.", [
    "vasini keys create ci --role developer --expires 90d",
    "vasini keys create console --role viewer --role approver --tenant acme",
  ])
    .argument("<name>", "what the key is for")
    .requiredOption("--role <role>", `what it may do: ${roles}; several times for several`, addTo)
    .option("--expires <when>", "a duration such as 90d, or a time such as 2030-01-31T00:00:00Z (default: never)")
    .action(async (name: string, flags) => run((await load()).createKey(context, name, flags)));
  leaf(keys, "ls", "Lists the tenant's keys, newest first, without their secrets.", [
    "vasini keys ls",
    "vasini keys ls --json",
  ])
    .option("--limit <n>", "at most so many, 1 to 100")
    .option("--cursor <cursor>", "the page after this one, as the last page named it")
    .action(async (flags) => run((await load()).listKeys(context, flags)));
  leaf(keys, "revoke", "Revokes a key: it opens nothing any more within a minute.", ["vasini keys revoke $KEY_ID"])
    .argument("<id>", "id of the key, as `vasini keys ls` shows it")
    .action(async (id: string, flags) => run((await load()).revokeKey(context, id, flags)));
}

function addWebhooks(program: Command, context: Context, run: Run): void {
  const load = () => import("./webhooks.ts");
  const webhooks = program
    .command("webhooks")
    .description("Sends events to addresses of yours: makes, tries, rotates.");
  const typed = (command: Command): Command =>
    command
      .option("--type <type>", "only events of this type, such as task.done; several times for several", addTo)
      .option("--description <text>", "what it is for");
  typed(
    leaf(webhooks, "create", "Makes a webhook and prints its secret, this once.", [
      "vasini webhooks create https://example.com/hook --type task.done --type task.failed",
    ]),
  )
    .argument("<url>", "where to send: https, a public host name")
    .action(async (url: string, flags) => run((await load()).createWebhook(context, url, flags)));
  leaf(webhooks, "ls", "Lists the tenant's webhooks, without their secrets.", ["vasini webhooks ls"]).action(
    async (flags) => run((await load()).listWebhooks(context, flags)),
  );
  typed(
    leaf(webhooks, "update", "Changes a webhook; enabling it also sends what waits.", [
      "vasini webhooks update $WEBHOOK --state enabled",
      "vasini webhooks update $WEBHOOK --to https://example.com/new-hook",
    ]),
  )
    .argument("<id>", "id of the webhook")
    .option("--to <url>", "where to send from now on")
    .option("--state <state>", "enabled or disabled")
    .action(async (id: string, flags) => run((await load()).updateWebhook(context, id, flags)));
  leaf(webhooks, "rm", "Removes a webhook and its deliveries.", ["vasini webhooks rm $WEBHOOK"])
    .argument("<id>", "id of the webhook")
    .action(async (id: string, flags) => run((await load()).removeWebhook(context, id, flags)));
  leaf(webhooks, "test", "Sends a test event now; exit 1 when the receiver did not take it.", [
    "vasini webhooks test $WEBHOOK",
  ])
    .argument("<id>", "id of the webhook")
    .action(async (id: string, flags) => run((await load()).testWebhook(context, id, flags)));
  leaf(webhooks, "rotate", "Makes a new secret and prints it, this once.", ["vasini webhooks rotate $WEBHOOK"])
    .argument("<id>", "id of the webhook")
    .action(async (id: string, flags) => run((await load()).rotateWebhook(context, id, flags)));
  leaf(webhooks, "deliveries", "Lists what was and will be sent to a webhook, newest first.", [
    "vasini webhooks deliveries $WEBHOOK",
  ])
    .argument("<id>", "id of the webhook")
    .option("--limit <n>", "at most so many, 1 to 100")
    .option("--cursor <cursor>", "the page after this one, as the last page named it")
    .action(async (id: string, flags) => run((await load()).listDeliveries(context, id, flags)));
}

function addSecrets(program: Command, context: Context, run: Run): void {
  const load = () => import("./secrets.ts");
  const secrets = program.command("secrets").description("Keeps the secrets that tools send, each to its own host.");
  leaf(secrets, "set", "Keeps a secret, or replaces it; its value is read from standard input.", [
    "vasini secrets set github-token --host github.com --scheme basic < user-and-token.txt",
    "pass show api-key | vasini secrets set weather-key --host api.example.com --header x-api-key",
  ])
    .argument("<name>", "what a pack's tools call it")
    .requiredOption("--host <host>", "the one host it is sent to")
    .option("--header <header>", "the header it is sent in (default: authorization)")
    .option("--scheme <scheme>", "bearer (default of authorization), basic (user:password) or raw (default of others)")
    .action(async (name: string, flags) => run((await load()).setSecret(context, name, flags)));
  leaf(secrets, "ls", "Lists the tenant's secrets: where each goes, and no value.", ["vasini secrets ls"]).action(
    async (flags) => run((await load()).listSecrets(context, flags)),
  );
  leaf(secrets, "rm", "Removes a secret: requests that begin from now on go without it.", [
    "vasini secrets rm github-token",
  ])
    .argument("<name>", "as `vasini secrets ls` shows it")
    .action(async (name: string, flags) => run((await load()).removeSecret(context, name, flags)));
}

function addGuard(program: Command, context: Context, run: Run): void {
  const guard = group(program, "guard", "Tries the prompt firewall on texts of yours.");
  leaf(guard, "scan", "Reads one JSON object with a text a line, prints one verdict a line. Needs no server.", [
    "vasini guard scan < texts.jsonl",
    'echo \'{"text":"Write to jane@example.com"}\' | vasini guard scan --pack packs/hello',
  ])
    .option("--direction <direction>", "input (default) or output: which of the two checks")
    .option("--pack <folder>", "check what this pack's guardrails ask for (default: everything)")
    .action(async (flags) => run((await import("./guard.ts")).scanTexts(context, flags)));
}

function addAudit(program: Command, context: Context, run: Run): void {
  const load = () => import("./audit.ts");
  const audit = program.command("audit").description("Exports the audit log, and checks an export without a server.");
  leaf(audit, "export", "Prints the tenant's whole audit log, a row a line, and its signed head last.", [
    "vasini audit export > audit.ndjson",
  ]).action(async (flags) => run((await load()).exportAudit(context, flags)));
  leaf(audit, "verify", "Checks that an export is whole and unchanged. Needs no server.", [
    "vasini audit verify audit.ndjson --public-key $KEY",
    "vasini audit export | vasini audit verify -",
  ])
    .argument("<file>", "the export; - reads standard input")
    .option("--public-key <key>", "the key that must have signed it, as you kept it from an earlier export")
    .action(async (file: string, flags) => run((await load()).verifyAudit(context, file, flags)));
}

function addDeadLetters(program: Command, context: Context, run: Run): void {
  const load = () => import("./dead-letters.ts");
  const letters = program.command("dlq").description("Lists and replays dead letters: what could not be handled.");
  leaf(letters, "ls", "Lists the tenant's open dead letters, newest first.", [
    "vasini dlq ls",
    "vasini dlq ls --source consumer:usage --json",
  ])
    .option("--all", "those that were settled too")
    .option("--source <source>", "only letters from here, such as outbox or consumer:usage")
    .option("--limit <n>", "at most so many, 1 to 100")
    .option("--cursor <cursor>", "the page after this one, as the last page named it")
    .action(async (flags) => run((await load()).listDeadLetters(context, flags)));
  leaf(letters, "replay", "Does again what a letter stands for. Doing it twice has one effect.", [
    "vasini dlq replay $LETTER",
  ])
    .argument("<letter>", "id of the letter, as `vasini dlq ls` shows it")
    .action(async (letter: string, flags) => run((await load()).replayDeadLetter(context, letter, flags)));
}

/** True for what commander throws to end after printing help or the version. */
export const isHelp = (thrown: unknown): boolean => thrown instanceof CommanderError && thrown.exitCode === 0;

/** The sentence of a usage error, without commander's prefix; null when it is something else. */
export function usageOf(thrown: unknown): string | null {
  if (!(thrown instanceof CommanderError)) return null;
  return thrown.message.replace(/^error: /, "").replaceAll("\n", " ");
}
