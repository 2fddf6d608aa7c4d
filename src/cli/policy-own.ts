/** `vasini policy publish`, `ls` and `use`: a tenant's own policies, published, listed, and one of them chosen. */

import { toBase64 } from "../platform/index.ts";
import { POLICY_MODES } from "../policy/index.ts";
import type { Client } from "./client.ts";
import type { CommonFlags, Context } from "./context.ts";
import { EXIT, type ExitCode, ownError } from "./exit.ts";
import { toTable } from "./output.ts";
import { readModule, testRules } from "./policy-source.ts";
import { forTerminal, shorten } from "./terminal.ts";
import { listOf, objectOf, textOf } from "./value.ts";

const PATH = "/api/v1/policies";
/** Hexadecimal digits of a digest that are shown. */
const SHOWN_CHARS = 12;
/** Hexadecimal digits that name a policy, at least. */
const PREFIX = /^[0-9a-f]{6,64}$/;

type PublishFlags = CommonFlags & { readonly name?: string; readonly use?: string };

export async function publishPolicy(context: Context, given: string, flags: PublishFlags): Promise<ExitCode> {
  const mode = flags.use === undefined ? null : modeOf(flags.use);
  if (!given.endsWith(".wasm")) await testRules(given, context.signal);
  const wasm = toBase64(await readModule(given, context.signal));
  const client = context.clientFor(flags);
  const body = { wasm, ...(flags.name === undefined ? {} : { name: flags.name }) };
  // The same rules compile to the same digest: publishing them again changes nothing.
  const published = objectOf(await client.send({ method: "POST", path: PATH, body, repeatable: true }));
  const digest = textOf(published.digest) ?? "";
  const policy = mode === null ? published : { ...published, ...(await activate(client, digest, mode)) };
  context.output.result(policy, () => `published ${forTerminal(digest)}${mode === null ? "" : `, in use (${mode})`}`);
  const undecided = listOf(published.undecided).flatMap((action) => textOf(action) ?? []);
  if (!context.output.json && undecided.length > 0) {
    context.output.note(
      `It has no answer to ${shorten(undecided.join(", "), 300)}: while it is in use, that is denied.`,
    );
  }
  return EXIT.ok;
}

export async function listPolicies(context: Context, flags: CommonFlags): Promise<ExitCode> {
  const page = await context.clientFor(flags).send({ method: "GET", path: PATH });
  const rows = listOf(objectOf(page).items).map((item) => {
    const policy = objectOf(item);
    const digest = (textOf(policy.digest) ?? "?").slice(0, SHOWN_CHARS);
    return [
      digest,
      ...["mode", "name", "published_at", "published_by"].map((member) => shorten(textOf(policy[member]) ?? "-", 60)),
    ];
  });
  context.output.result(page, () =>
    rows.length === 0 ? "" : toTable(["POLICY", "IN USE", "NAME", "PUBLISHED", "BY"], rows),
  );
  if (!context.output.json && rows.length === 0) {
    context.output.note("No policies: the operator's decides alone. Publish one with: vasini policy publish rules/");
  }
  return EXIT.ok;
}

type UseFlags = CommonFlags & { readonly mode?: string };

/** @param given a digest or its beginning; `none` takes the active one back. */
export async function usePolicy(context: Context, given: string, flags: UseFlags): Promise<ExitCode> {
  const client = context.clientFor(flags);
  if (given === "none") {
    await client.send({ method: "DELETE", path: `${PATH}/active` });
    context.output.result({ active: null }, () => "the operator's policy decides alone, within 30 seconds everywhere");
    return EXIT.ok;
  }
  const mode = modeOf(flags.mode ?? "enforce");
  const policy = await activate(client, await findDigest(client, given), mode);
  context.output.result(
    policy,
    () => `${forTerminal(textOf(policy.digest) ?? "?")} is in use (${mode}), within 30 seconds everywhere`,
  );
  return EXIT.ok;
}

/** Making it active once more changes nothing. */
const activate = async (client: Client, digest: string, mode: string) =>
  objectOf(await client.send({ method: "PUT", path: `${PATH}/active`, body: { digest, mode }, repeatable: true }));

async function findDigest(client: Client, given: string): Promise<string> {
  if (!PREFIX.test(given)) throw ownError("USAGE", `${shorten(given, 64)} is no digest, nor the beginning of one.`);
  if (given.length === 64) return given;
  const { items } = objectOf(await client.send({ method: "GET", path: PATH }));
  const found = listOf(items).flatMap((item) => textOf(objectOf(item).digest) ?? []);
  const [digest, ...others] = found.filter((one) => one.startsWith(given));
  if (digest === undefined) throw ownError("USAGE", `No policy of the tenant begins with ${given}.`);
  if (others.length > 0) throw ownError("USAGE", `${others.length + 1} policies begin with ${given}; give more of it.`);
  return digest;
}

function modeOf(given: string): string {
  const mode = POLICY_MODES.find((one) => one === given);
  if (mode === undefined) throw ownError("USAGE", `${shorten(given, 64)} is neither ${POLICY_MODES.join(" nor ")}.`);
  return mode;
}
