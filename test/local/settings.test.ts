/** What `npm start` makes of the environment and `.dev.vars`, and how it hands the worker's part over. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unstable_getVarsForDev as readAsWrangler } from "wrangler";
import { parseConfig } from "../../src/env.ts";
import { toEnvFile } from "../../src/local/env-file.ts";
import { readSettings, WORKER_VARIABLES } from "../../src/local/settings.ts";

const read = (environment: Record<string, string>, devVars: string | null = null) =>
  readSettings({ environment, devVars, root: "/repository" });

function settingsOf(...args: Parameters<typeof read>) {
  const settings = read(...args);
  if (!settings.ok) throw new Error(settings.error.join(" "));
  return settings.value;
}

describe("settings", () => {
  it("need nothing: loopback, port 8787, development, the offline model", () => {
    const settings = settingsOf({});
    expect(settings).toMatchObject({ host: "127.0.0.1", port: 8787, dataDir: "/repository/.vasini", warnings: [] });
    expect(settings.variables).toEqual({ ENVIRONMENT: "development" });
    expect(settings.config.tiers[settings.config.defaultTier].provider).toBe("offline");
  });

  it("let the environment win over .dev.vars, and .dev.vars over the defaults", () => {
    const { variables, port } = settingsOf(
      { DEFAULT_TIER: "tier-1" },
      'DEFAULT_TIER=tier-3\nPORT=9000\nOPENAI_API_KEY="a b"\n',
    );
    expect(variables).toMatchObject({ DEFAULT_TIER: "tier-1", OPENAI_API_KEY: "a b" });
    expect(port).toBe(9000);
  });

  it("take an empty variable as absent", () => {
    expect(settingsOf({ PORT: "", ANTHROPIC_API_KEY: " " }).variables).toEqual({ ENVIRONMENT: "development" });
  });

  it("hand over known names only", () => {
    const { variables } = settingsOf({ AWS_SECRET_ACCESS_KEY: "x", PATH: "/bin", TENANT_MAX_RUNNING: "5" });
    expect(Object.keys(variables).sort()).toEqual(["ENVIRONMENT", "TENANT_MAX_RUNNING"]);
  });

  it("hand over every variable the configuration reads", () => {
    const asked = new Set<string>();
    parseConfig(new Proxy({}, { get: (_, name) => (typeof name === "string" ? void asked.add(name) : undefined) }));
    expect([...asked].sort()).toEqual([...WORKER_VARIABLES].sort());
  });

  it("are documented, each of them and no other", async () => {
    const page = await readFile(join(import.meta.dirname, "../../docs/configuration.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map((match) => match[1]);
    expect(rows.sort()).toEqual([...WORKER_VARIABLES, "HOST", "PORT", "VASINI_DATA_DIR"].sort());
  });

  it("warn about a name in .dev.vars that nothing reads", () => {
    expect(settingsOf({}, "ANTROPIC_API_KEY=x\n").warnings).toEqual([
      ".dev.vars sets ANTROPIC_API_KEY, which is no setting of this version and is ignored.",
    ]);
  });

  it("open the port to the network when callers have to say who they are", () => {
    expect(settingsOf({ HOST: "0.0.0.0", AUTH_MODE: "required" }).host).toBe("0.0.0.0");
  });

  const faults: readonly (readonly [string, Record<string, string>, readonly string[]])[] = [
    [
      "a port that is none",
      { PORT: "80a" },
      ['PORT is "80a"; it must be a whole number from 0 (any free port) to 65535.'],
    ],
    [
      "a port that is too high",
      { PORT: "65536" },
      ['PORT is "65536"; it must be a whole number from 0 (any free port) to 65535.'],
    ],
    [
      "a host that is none",
      { HOST: "http://x" },
      ['HOST is "http://x"; it must be an address of this machine such as 127.0.0.1.'],
    ],
    [
      "an open port where anybody would act as any tenant",
      { HOST: "0.0.0.0" },
      [
        "HOST=0.0.0.0 opens the port to the network, where AUTH_MODE=dev would let anybody act as any tenant; set AUTH_MODE=required, or leave HOST out.",
      ],
    ],
    [
      "development mode in production",
      {
        ...{ ENVIRONMENT: "production", AUTH_MODE: "dev" },
        ...{ KEY_PEPPER: "0123456789abcdef", AUDIT_SIGNING_KEY: "A".repeat(43) },
        SECRETS_MASTER_KEY: "0123456789abcdef0123456789abcdef",
      },
      ["AUTH_MODE=dev trusts any caller's tenant header and is refused when ENVIRONMENT=production."],
    ],
  ];
  for (const [name, environment, sentences] of faults) {
    it(`refuse ${name} in one sentence`, () => {
      expect(read(environment)).toEqual({ ok: false, error: sentences });
    });
  }

  it("report every fault at once", () => {
    const settings = read({ PORT: "x", DEFAULT_TIER: "9", TASK_RETENTION_DAYS: "0" });
    expect(settings.ok ? [] : settings.error).toHaveLength(3);
  });
});

describe("the variables' file", () => {
  it("gives wrangler exactly the values, whatever they hold", async () => {
    const values = {
      PLAIN: "abc",
      SPACES: "  a b ",
      HASH: "a#b",
      DOLLAR: ["a$b$", "{c}$", "{PLAIN}"].join(""),
      ESCAPED_DOLLAR: "a\\$b",
      SINGLE: "it's",
      DOUBLE: 'say "x"',
      BOTH: `it's "x"`,
      BACKTICK: "`x`",
      BACKSLASH: "a\\nb",
      JSON: '{"tenant-123": ["tier-3"]}',
      LINES: "a\nb",
      EQUALS: "a=b==",
    };
    const file = toEnvFile(values);
    const folder = await mkdtemp(join(tmpdir(), "vasini-"));
    try {
      const path = join(folder, "worker.env");
      await writeFile(path, file.ok ? file.value : "");
      const bindings = readAsWrangler(undefined, [path], {}, undefined, true);
      expect(
        Object.fromEntries(Object.entries(bindings).map(([name, binding]) => [name, Object(binding).value])),
      ).toEqual(values);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("refuses a value that no quoting carries, in one sentence that does not hold it", () => {
    expect(toEnvFile({ KEY: "'`\"", OTHER: "x\\" })).toEqual({
      ok: false,
      error: [
        "KEY holds a mix of quotes and backslashes that cannot be handed to the worker.",
        "OTHER holds a mix of quotes and backslashes that cannot be handed to the worker.",
      ],
    });
  });
});
