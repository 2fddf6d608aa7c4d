/**
 * The law of the house as data, held over the whole tree: which room may import which, who may use which package,
 * who may touch the clock. A new arrow or row is its own commit with its reason. The rules are in `house/rules.ts`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Law, RULES } from "./house/rules.ts";
import { readTree, type SourceFile } from "./house/source.ts";

const FLOOR = ["platform", "gen"] as const;

const LAW: Law = {
  arrows: {
    gen: [],
    platform: ["gen"],
    meter: FLOOR,
    event: FLOOR,
    pack: FLOOR,
    memory: FLOOR,
    audit: FLOOR,
    policy: FLOOR,
    guard: [...FLOOR, "pack"],
    model: [...FLOOR, "meter"],
    tool: [...FLOOR, "pack", "guard", "meter"],
    task: [...FLOOR, "pack", "policy", "guard", "model", "tool", "memory", "meter", "event", "audit"],
    eval: [...FLOOR, "pack", "task", "model", "event"],
    release: [...FLOOR, "pack", "eval", "event"],
    api: [
      ...FLOOR,
      ...["meter", "event", "audit", "policy", "pack", "memory", "guard", "model", "tool", "task", "eval", "release"],
    ],
    cli: [...FLOOR, "pack", "guard", "audit", "policy"],
    console: ["gen"],
    local: "*",
  },
  config: /^src\/(?:local\/|api\/|[^/]+\/object\.ts$)/,
  packages: [
    { package: /^node:/, in: /^src\/(?:local|cli)\//, why: "Worker code uses no Node built-ins" },
    {
      package: /^cloudflare:/,
      in: /^src\//,
      why: "the Worker is made of these; faces of rooms are held by a rule of their own",
    },
    { package: /^(?:hono|@hono)(?:\/|$)/, in: /^src\/api\//, why: "HTTP belongs to the doors" },
    { package: /^@connectrpc\//, in: /^src\/(?:api|cli|console)\//, why: "RPC belongs to the doors" },
    {
      package: /^@bufbuild\/protobuf(?:\/|$)/,
      in: /^src\/(?:api|cli|console|event)\//,
      why: "wire shapes end at the doors, and where events leave",
    },
    { package: /^cloudevents$/, in: /^src\/event\//, why: "an event's envelope is made once" },
    { package: /^@modelcontextprotocol\/sdk\//, in: /^src\/(?:api|tool)\//, why: "one door offers it, tools ask it" },
    { package: /^zod(?:\/|$)/, in: /^src\/(?:api|cli)\//, why: "requests are parsed at the doors" },
    {
      package: /^(?:@anthropic-ai\/sdk|openai|eventsource-parser)(?:\/|$)/,
      in: /^src\/model\/providers\//,
      why: "one provider, one file",
    },
    { package: /^@upstash\/redis(?:\/|$)/, in: /^src\/memory\//, why: "one way to Redis, with its time-outs" },
    { package: /^@upstash\/ratelimit$/, in: /^src\/api\//, why: "requests are counted at the door" },
    { package: /^@pydantic\/genai-prices(?:\/|$)/, in: /^src\/meter\//, why: "prices are metered in one place" },
    { package: /^jose$/, in: /^src\/api\//, why: "credentials are checked at the door" },
    { package: /^yaml$/, in: /^src\/(?:pack|cli)\//, why: "a running task reads no YAML" },
    { package: /^@cfworker\/json-schema$/, in: /^src\/(?:tool|guard)\//, why: "only schemas unknown at build time" },
    {
      package: /^(?:sucrase|quickjs-emscripten-core|@jitl\/|just-bash)/,
      in: /^src\/(?:tool\/|cli\/tool-facts\.ts$)/,
      why: "engines belong to tools",
    },
    {
      package: /^(?:isomorphic-git|diff|pako|buffer)(?:\/|$)/,
      in: /^src\/tool\/workers\/git\//,
      why: "git runs in its own isolate, out of the main upload",
    },
    { package: /^@open-policy-agent\/opa-wasm$/, in: /^src\/policy\//, why: "one room evaluates policies" },
    { package: /^libphonenumber-js\/min$/, in: /^src\/guard\//, why: "telephone numbers are recognised in one place" },
    { package: /^commander$/, in: /^src\/cli\//, why: "one command line" },
    {
      package: /^@neondatabase\/serverless$/,
      in: /^src\/platform\/db\.ts$/,
      why: "one place talks to the database, as one tenant at a time",
    },
    { package: /^(?:pg|@electric-sql\/.+)$/, in: /^src\/local\//, why: "the Worker's database is behind HTTP" },
    { package: /^wrangler$/, in: /^src\/local\//, why: "only the local runner starts a runtime" },
    { package: /^miniflare$/, in: /^src\/cli\/pack-test\.ts$/, why: "a pack's tools are tested in a real runtime" },
    {
      package: /^esbuild$/,
      in: /^src\/cli\/(?:tool-bundle|pack-test)\.ts$/,
      why: "a pack's tools are bundled where it is published from and tested",
    },
  ],
  testFolders: ["house", "data", "case", "flow", "conformance", "fault", "bench", "browser"],
  shells: [
    [/^src\/platform\/(?:clock|shared-timer)\.ts$/, "the clock itself"],
    [/^src\/task\/stream\.ts$/, "the heartbeat of an open stream: a timer with no step to wait for"],
    [/^src\/(?:local|cli)\//, "programs of their own, with a process around them"],
    [/^src\/console\//, "runs in a browser"],
    [/^src\/tool\/workers\//, "another isolate, which may not import the clock"],
  ],
};

const tree = readTree(join(import.meta.dirname, ".."));

describe("the tree", () => {
  for (const rule of RULES) {
    it(rule.claim, () => {
      expect(rule.breaches(tree, LAW)).toEqual([]);
    });
  }
});

describe("the arrow table", () => {
  it("has a row for every room that stands in src/", () => {
    const rooms = new Set(tree.flatMap((file) => /^src\/([^/]+)\//.exec(file.path)?.[1] ?? []));
    expect([...rooms].filter((room) => LAW.arrows[room] === undefined)).toEqual([]);
  });

  it("has no loop", () => {
    const loops: string[] = [];
    const visit = (room: string, trail: readonly string[]): void => {
      if (trail.includes(room)) loops.push([...trail, room].join(" -> "));
      else for (const next of LAW.arrows[room] ?? []) if (next !== "*") visit(next, [...trail, room]);
    };
    for (const room of Object.keys(LAW.arrows)) visit(room, []);
    expect(loops).toEqual([]);
  });

  it("lets nothing import local", () => {
    const importers = Object.entries(LAW.arrows).filter(([, to]) => to.includes("local"));
    expect(importers).toEqual([]);
  });
});

/** Rows of the table in src/README.md: the rooms of each, and what they may import besides the floor. */
function arrowsOf(page: string): Record<string, readonly string[] | "*"> {
  const table = page.slice(page.indexOf("| room | may import"), page.indexOf("| files directly in"));
  const arrows: Record<string, readonly string[] | "*"> = {};
  for (const [, rooms = "", told = ""] of table.matchAll(/^\| (`[^|]+) \| ([^|]+) \|$/gm)) {
    const named = [...told.matchAll(/`([a-z]+)`/g)].map(([, room]) => room ?? "");
    const above = told.startsWith("every room above") ? Object.keys(arrows) : [];
    for (const [, room = ""] of rooms.matchAll(/`([a-z]+)`/g)) {
      arrows[room] = told.startsWith("anything") ? "*" : [...named, ...above].filter((one) => !isFloor(one));
    }
  }
  return arrows;
}

const isFloor = (room: string): boolean => FLOOR.some((one) => one === room);

describe("src/README.md", () => {
  it("shows the arrow table as it is", () => {
    const page = readFileSync(join(import.meta.dirname, "../src/README.md"), "utf8");
    const sorted = (arrows: Law["arrows"]) =>
      Object.entries(arrows)
        .map(([room, to]) => `${room}: ${to === "*" ? to : to.filter((one) => !isFloor(one)).toSorted()}`)
        .toSorted();
    expect(sorted(arrowsOf(page))).toEqual(sorted(LAW.arrows));
  });

  it("has a row for every room that stands in src/", () => {
    const page = readFileSync(join(import.meta.dirname, "../src/README.md"), "utf8");
    const rooms = new Set(tree.flatMap((one) => /^src\/([^/]+)\//.exec(one.path)?.[1] ?? []));
    expect([...rooms].filter((room) => !page.includes(`\n| \`${room}/\` |`))).toEqual([]);
  });
});

/** Samples are spelled in parts where the whole word would be a breach of this file itself. */
const word = (...parts: readonly string[]): string => parts.join("");
const HEAD = "/** x */\n";
const file = (path: string, body: string): SourceFile => ({ path, text: HEAD + body });

const BREACHES: readonly (readonly [name: string, files: readonly SourceFile[], expected: readonly string[]])[] = [
  [
    "an arrow the table does not have",
    [file("src/model/a.ts", 'import { t } from "../task/index.ts";')],
    ["src/model/a.ts: model may not import task"],
  ],
  [
    "an arrow hidden in a dynamic import",
    [file("src/meter/a.ts", 'const t = await import("../pack/index.ts");')],
    ["src/meter/a.ts: meter may not import pack"],
  ],
  [
    "an arrow spread over several lines",
    [file("src/pack/a.ts", 'import {\n  a,\n  type B,\n} from "../guard/index.ts";')],
    ["src/pack/a.ts: pack may not import guard"],
  ],
  [
    "an arrow in a type import and in a re-export",
    [file("src/event/a.ts", 'import type { A } from "../pack/index.ts";\nexport { b } from "../task/index.ts";')],
    ["src/event/a.ts: event may not import pack", "src/event/a.ts: event may not import task"],
  ],
  ["a room without a row", [file("src/attic/a.ts", "")], ["src/attic/a.ts: room attic is not in the arrow table"]],
  [
    "a room that reads raw bindings",
    [file("src/task/a.ts", 'import type { Config } from "../env.ts";')],
    ["src/task/a.ts: only wiring may import src/env.ts"],
  ],
  [
    "a room entered past its face",
    [file("src/task/a.ts", 'import { m } from "../model/router.ts";')],
    ["src/task/a.ts: reach model through src/model/index.ts, not src/model/router.ts"],
  ],
  [
    "an object imported by anything but the wiring",
    [
      file("src/index.ts", 'export { TaskObject } from "./task/object.ts";'),
      file("src/api/a.ts", 'import { TaskObject } from "../task/object.ts";'),
    ],
    ["src/api/a.ts: reach task through src/task/index.ts, not src/task/object.ts"],
  ],
  [
    "a face that only loads in the runtime",
    [
      file("src/task/index.ts", 'export { a } from "./a.ts";\nexport type { T } from "./object.ts";'),
      file("src/task/a.ts", 'import { b } from "./b.ts";'),
      file("src/task/b.ts", 'import { DurableObject } from "cloudflare:workers";'),
      file("src/task/object.ts", 'import { DurableObject } from "cloudflare:workers";'),
      file("src/pack/index.ts", 'import type { T } from "./c.ts";'),
      file("src/pack/c.ts", 'import { env } from "cloudflare:workers";'),
    ],
    ["src/task/index.ts: needs the Workers runtime, through src/task/b.ts: move that class behind object.ts"],
  ],
  [
    "a tool worker that looks outside",
    [
      file(
        "src/tool/workers/js/index.ts",
        'import { a } from "../../contract.ts";\nimport { b } from "./b.ts";\nimport { g } from "../../../guard/index.ts";\nimport { c } from "../git/c.ts";\nimport { d } from "../d.ts";',
      ),
      file("src/tool/workers/d.ts", 'import { b } from "./js/b.ts";'),
    ],
    [
      "src/tool/workers/js/index.ts: a tool worker may import its own folder, src/tool/workers/*.ts and src/tool/contract.ts, not src/guard/index.ts",
      "src/tool/workers/js/index.ts: a tool worker may import its own folder, src/tool/workers/*.ts and src/tool/contract.ts, not src/tool/workers/git/c.ts",
      "src/tool/workers/d.ts: a tool worker may import its own folder, src/tool/workers/*.ts and src/tool/contract.ts, not src/tool/workers/js/b.ts",
    ],
  ],
  [
    "HTTP, RPC, a provider, YAML and a runtime away from their rooms",
    [
      file(
        "src/task/a.ts",
        [
          'import { Hono } from "hono";',
          'import { z } from "@hono/zod-openapi";',
          'import { createClient } from "@connectrpc/connect";',
          'import OpenAI from "openai";',
          'import { parse } from "yaml";',
          'import { unstable_dev } from "wrangler";',
          'import { readFileSync } from "node:fs";',
        ].join("\n"),
      ),
    ],
    [
      "src/task/a.ts: may not import hono: HTTP belongs to the doors",
      "src/task/a.ts: may not import @hono/zod-openapi: HTTP belongs to the doors",
      "src/task/a.ts: may not import @connectrpc/connect: RPC belongs to the doors",
      "src/task/a.ts: may not import openai: one provider, one file",
      "src/task/a.ts: may not import yaml: a running task reads no YAML",
      "src/task/a.ts: may not import wrangler: only the local runner starts a runtime",
      "src/task/a.ts: may not import node:fs: Worker code uses no Node built-ins",
    ],
  ],
  [
    "a package nobody listed",
    [file("src/api/a.ts", 'import left from "left-pad";')],
    ["src/api/a.ts: left-pad is in no row of the package table"],
  ],
  ["a file that grew", [file("src/pack/a.ts", "a;\n".repeat(400))], ["src/pack/a.ts: 401 lines, limit 400"]],
  ["wiring that grew", [file("src/index.ts", "a;\n".repeat(80))], ["src/index.ts: 81 lines, limit 80"]],
  [
    "a file without an opening comment",
    [
      { path: "src/meter/a.ts", text: "export {};" },
      { path: "src/cli/bin.mjs", text: "#!/usr/bin/env node\n/** x */" },
    ],
    ["src/meter/a.ts: no opening doc comment (what lives here, what does not)"],
  ],
  [
    "SQL outside of a store",
    [
      file(
        "src/task/loop/loop.ts",
        "sql.exec(`\n  SELECT 1`);\nsql.exec('INSERT INTO a VALUES (1)');\n/(x)/.exec('select a day');",
      ),
      file("src/task/journal/journal.ts", 'sql.exec("SELECT 1");'),
      file("src/memory/store.ts", 'sql.exec("DELETE FROM a");'),
      file("src/task/index-store.ts", 'sql.exec("DELETE FROM a");'),
    ],
    [
      "src/task/loop/loop.ts: line 2: SQL belongs in store.ts or journal.ts",
      "src/task/loop/loop.ts: line 4: SQL belongs in store.ts or journal.ts",
    ],
  ],
  [
    "ambient time, randomness and environment, but not their mention",
    [
      file(
        "src/model/a.ts",
        'Date.now();\nMath.random();\nsetTimeout(f, 1);\nnew Date();\nprocess.env.A;\n// Date.now()\nconst a = "Date.now()";\nnew Date(0);',
      ),
      file("src/local/a.ts", "Date.now();"),
    ],
    [2, 3, 4, 5, 6].map(
      (line) => `src/model/a.ts: line ${line}: time, randomness and the process environment come in through ports`,
    ),
  ],
  [
    "shapes that are made when their file loads",
    [
      file(
        "src/api/a.ts",
        "const A = z.string();\nexport const B =\n  z\n  .object({});\nconst C = B().extend({});\nconst D = once(() => z.string());",
      ),
    ],
    [2, 3, 6].map((line) => `src/api/a.ts: line ${line}: a shape is made on first use: once(() => z...)`),
  ],
  [
    "an export by star",
    [file("src/pack/index.ts", 'export * from "./a.ts";')],
    ["src/pack/index.ts: line 2: name what is exported"],
  ],
  [
    "files that import each other in a circle",
    [
      file("src/pack/a.ts", 'import { c } from "./b.ts";'),
      file("src/pack/b.ts", 'import { d } from "./c.ts";'),
      file("src/pack/c.ts", 'import type { A } from "./a.ts";'),
      file("src/index.ts", 'import { b } from "./bindings.ts";'),
      file("src/bindings.ts", 'import type { T } from "./index.ts";'),
    ],
    ["src/pack/a.ts -> src/pack/b.ts -> src/pack/c.ts -> src/pack/a.ts"],
  ],
  [
    "a test of a room that does not exist",
    [
      file("src/pack/a.ts", ""),
      file("src/env.ts", ""),
      file("test/pack/a.test.ts", ""),
      file("test/env.test.ts", ""),
      file("test/flow/a.test.ts", ""),
      file("test/attic/a.test.ts", ""),
      file("test/other.worker.test.ts", ""),
    ],
    [
      "test/attic/a.test.ts: test/ mirrors src/, and there is no src/attic",
      "test/other.worker.test.ts: test/ mirrors src/, and there is no src/other.ts",
    ],
  ],
  [
    "tests that do not run",
    [
      file("src/pack/a.ts", ""),
      file(
        "test/pack/a.test.ts",
        [word("it.", "skip(f)"), word("describe.", "only(f)"), word("test.", "todo(f)"), "it.each(f)"].join("\n"),
      ),
    ],
    [2, 3, 4].map((line) => `test/pack/a.test.ts: line ${line}: a test that is focused, skipped or expected to fail`),
  ],
  [
    "words about the making",
    [
      { path: "docs/a.md", text: word("See iss", "ue 12.\nFine.\nWritten by an ", "AI.") },
      { path: "docs/b.md", text: "session_id names a conversation; an agent runs a task." },
    ],
    [
      String.raw`docs/a.md: line 1: \bissue\s+#?\d`,
      String.raw`docs/a.md: line 3: \b(?:written|generated|made|authored) by (?:an? )?(?:ai|llm|claude|gpt|chatgpt|copilot|assistant|model)\b`,
    ],
  ],
  [
    "a name that says nothing",
    [file("src/pack/utils.ts", ""), file("test/case/http-helper.ts", ""), file("src/pack/manage.ts", "")],
    ["src/pack/utils.ts: name it after its job", "test/case/http-helper.ts: name it after its job"],
  ],
];

describe("the rules see", () => {
  for (const [name, files, expected] of BREACHES) {
    it(name, () => {
      expect(RULES.flatMap((rule) => rule.breaches(files, LAW))).toEqual(expected);
    });
  }

  it("nothing wrong with a file that keeps them all", () => {
    const files = [
      file("src/api/routes.ts", 'import { Hono } from "hono";\nimport { a } from "../task/index.ts";\nexport { a };'),
      file("src/task/index.ts", 'export { a } from "./a.ts";'),
      file("src/task/a.ts", 'import { ok } from "../platform/index.ts";'),
    ];
    expect(RULES.flatMap((rule) => rule.breaches(files, LAW))).toEqual([]);
  });
});
