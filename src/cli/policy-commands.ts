/** The names, arguments and flags of `vasini policy`. What its commands do stands in policy.ts, loaded when they run. */
import type { Command } from "commander";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit.ts";

/** What the command tree is made with. */
type Tree = {
  readonly program: Command;
  readonly context: Context;
  readonly run: (code: Promise<ExitCode>) => Promise<void>;
  readonly group: (program: Command, name: string, description: string) => Command;
  readonly leaf: (parent: Command, signature: string, description: string, lines: readonly string[]) => Command;
};

export function addPolicy({ program, context, run, group, leaf }: Tree): void {
  const load = () => import("./policy.ts");
  const policy = group(
    program,
    "policy",
    "Tests policies, shows what another one would change, publishes the tenant's own.",
  );
  const named = "default, a compiled policy (.wasm), or Rego (a file or folder; needs opa or Go)";
  leaf(policy, "test", "Checks rules and runs their tests. Needs opa or Go, and no server.", ["vasini policy test"])
    .argument("[path]", "file or folder with Rego (default: the rules of this package)")
    .action(async (path: string | undefined, flags) => run((await load()).testPolicy(context, path, flags)));
  leaf(policy, "diff", "Asks two policies every kind of question; exit 1 when the second is wider anywhere.", [
    "vasini policy diff default policies/vasini",
  ])
    .argument("<before>", named)
    .argument("<after>", "likewise")
    .option("--pack <id>", "pack that the questions are about, for rules that name one")
    .option("--tool <id>", "tool that they are about, likewise")
    .option("--region <region>", "region that they are asked in, likewise")
    .action(async (before: string, after: string, flags) =>
      run((await load()).diffPolicies(context, { before, after }, flags)),
    );
  leaf(policy, "rehearse", "Asks a policy what was decided lately; exit 1 when it would let through more.", [
    "vasini policy rehearse policies/vasini --since 7d",
  ])
    .argument("<policy>", named)
    .option("--since <duration>", "how far back, such as 12h or 30d (default: 7d)")
    .option("--own", "as a policy of the tenant's own, beside the default one")
    .action(async (given: string, flags) => run((await load()).rehearsePolicy(context, given, flags)));
  addOwn(policy, { context, run, leaf });
}

/** A tenant's own policies. */
function addOwn(policy: Command, { context, run, leaf }: Pick<Tree, "context" | "run" | "leaf">): void {
  const load = () => import("./policy-own.ts");
  leaf(policy, "publish", "Tests, compiles and publishes a policy of the tenant's own.", [
    "vasini policy publish rules/ --name careful --use log",
  ])
    .argument("<path>", "Rego (a file or folder; needs opa or Go), or a compiled policy (.wasm)")
    .option("--name <name>", "for people")
    .option("--use <mode>", "make it the active one: enforce, or log (record only)")
    .action(async (path: string, flags) => run((await load()).publishPolicy(context, path, flags)));
  leaf(policy, "ls", "Lists the tenant's own policies, newest first, and which is in use.", [
    "vasini policy ls",
  ]).action(async (flags) => run((await load()).listPolicies(context, flags)));
  leaf(policy, "use", "Makes a published policy the active one, beside the operator's; `none` takes it back.", [
    "vasini policy use 3f9c21ab77d0",
    "vasini policy use none",
  ])
    .argument("<digest>", "its digest, or the beginning of it; or none")
    .option("--mode <mode>", "enforce (default), or log: record only")
    .action(async (digest: string, flags) => run((await load()).usePolicy(context, digest, flags)));
}
