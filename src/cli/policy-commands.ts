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
  const policy = group(program, "policy", "Tests policies, and shows what another one would change.");
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
    .action(async (given: string, flags) => run((await load()).rehearsePolicy(context, given, flags)));
}
