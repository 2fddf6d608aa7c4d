/** What `npm run deploy` hands to the platform, as far as that can be seen without an account: only the platform itself sees the rest. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";

const ROOT = join(import.meta.dirname, "../..");
/** What of it is looked at. */
type Config = {
  readonly migrations: readonly { readonly tag: string; readonly new_sqlite_classes?: readonly string[] }[];
  readonly durable_objects: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] };
  readonly queues: {
    readonly producers?: readonly { readonly queue: string }[];
    readonly consumers?: readonly { readonly queue: string; readonly dead_letter_queue?: string }[];
  };
  readonly r2_buckets: readonly { readonly bucket_name: string }[];
};

// A cast, because wrangler's own type of it leaves most members open; its schema is what it has checked them by.
const config = readConfig({ config: join(ROOT, "wrangler.toml") }) as unknown as Config;
const page = readFileSync(join(ROOT, "docs/deploy.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "vasini-deploy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sorted = (names: Iterable<string | undefined>): string[] => [...names].map(String).sort();

describe("the configuration of a deployment", () => {
  it("makes a table of its own for each class of objects, once", () => {
    const made = config.migrations.flatMap(({ new_sqlite_classes = [] }) => new_sqlite_classes);
    expect(sorted(made)).toEqual(sorted(config.durable_objects.bindings.map(({ class_name }) => class_name)));
    const tags = config.migrations.map(({ tag }) => tag);
    expect(tags).toHaveLength(new Set(tags).size);
  });

  it("names no queue and no bucket that the page does not have made", () => {
    const { producers = [], consumers = [] } = config.queues;
    const queues = [
      ...producers.map(({ queue }) => queue),
      ...consumers.flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue ?? queue]),
    ];
    const created = [...page.matchAll(/^npx wrangler queues create (\S+)$/gm)].map(([, name]) => name);
    expect(sorted(created)).toEqual(sorted(new Set(queues)));
    const buckets = [...page.matchAll(/^npx wrangler r2 bucket create (\S+)$/gm)].map(([, name]) => name);
    expect(sorted(buckets)).toEqual(sorted(config.r2_buckets.map(({ bucket_name }) => bucket_name)));
  });

  it("is one that wrangler takes, with all that is uploaded", async () => {
    const wrangler = dirname(createRequire(import.meta.url).resolve("wrangler/package.json"));
    const flags = ["deploy", "--dry-run", "--outdir", folder, "--var", "ENVIRONMENT:production"];
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_WRITE_LOGS: "false", CI: "true" };
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [join(wrangler, "wrangler-dist/cli.js"), ...flags], {
      cwd: ROOT,
      env,
    });
    expect(stdout).toContain("--dry-run: exiting now.");
    for (const { name, class_name } of config.durable_objects.bindings)
      expect(stdout).toContain(`env.${name} (${class_name})`);
  });
});
