/** How a reference finds its file, how layers merge, and what stops a chain. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolvePath } from "../../src/pack/layers.ts";
import { merge, type Source, toData } from "../../src/pack/source.ts";
import { composed, errorsOf, manifest, packOf, place, problemsOf, ROLE } from "./samples.ts";

const M = "test/profession-pack.yaml";

describe("a path", () => {
  const GOOD: readonly (readonly [reference: string, path: string])[] = [
    ["SOUL.yaml", "test/SOUL.yaml"],
    ["./SOUL.yaml", "test/SOUL.yaml"],
    ["./SKILLS/./x.md", "test/SKILLS/x.md"],
    ["SKILLS//x.md", "test/SKILLS/x.md"],
    ["../_shared/souls/x.yaml", "_shared/souls/x.yaml"],
    ["./a/../../_shared/x.yaml", "_shared/x.yaml"],
    ["../x.yaml", "x.yaml"],
    ["%2e%2e/x.yaml", "test/%2e%2e/x.yaml"],
  ];
  for (const [reference, path] of GOOD) {
    it(`${reference} is ${path}`, () => {
      expect(resolvePath(M, reference)).toEqual({ ok: true, value: path });
    });
  }

  const BAD: readonly (readonly [reference: string, message: string])[] = [
    ["../../etc/passwd", "The path leaves the folder that holds the packs"],
    ["../../../../etc/passwd", "The path leaves the folder that holds the packs"],
    ["./a/../../../x.yaml", "The path leaves the folder that holds the packs"],
    ["../../packs/_shared/x.yaml", "The path leaves the folder that holds the packs"],
    ["/etc/passwd", "The path is absolute"],
    ["//host/share", "The path is absolute"],
    ["C:/x.yaml", "The path is absolute"],
    ["file:///etc/passwd", "The path is absolute"],
    ["https://example.com/x.yaml", "The path is absolute"],
    ["..\\..\\etc", "The path is malformed"],
    ["a\0.yaml", "The path is malformed"],
    ["a\nb.yaml", "The path is malformed"],
    ["", "The path is malformed"],
  ];
  for (const [reference, message] of BAD) {
    it(`${JSON.stringify(reference)} is refused`, () => {
      const resolved = resolvePath(M, reference);
      expect(resolved.ok ? resolved.value : resolved.error.message).toBe(message);
    });
  }

  it("never leaves the folder that holds the packs", () => {
    const part = fc.constantFrom("..", ".", "", "a", "_shared", "...", "x.yaml");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const resolved = resolvePath(M, parts.join("/"));
        return !resolved.ok || resolved.value.split("/").every((segment) => segment !== ".." && segment !== ".");
      }),
    );
  });

  it("that leaves the folder is reported at the reference, for layers, bases and skills", async () => {
    const text = manifest(
      "role: { file: ../../etc/passwd }\nsoul: { extends: /etc/passwd }\nskills:\n  - file: '..\\x.md'\n  - extends: ../_shared/s.md\n",
    );
    const files = { "_shared/s.md": "---\nextends: ../../s.md\n---\n" };
    expect((await errorsOf(packOf(text, files))).map(place)).toEqual([
      "_shared/s.md:2 /extends",
      `${M}:6 /role/file`,
      `${M}:7 /soul/extends`,
      `${M}:9 /skills/0/file`,
    ]);
  });

  it("that names no file is answered with the nearest that exists", async () => {
    const text = manifest("role: { file: ./role.yaml }\n");
    const [error] = await errorsOf(packOf(text, { "test/ROLE.yaml": "" }));
    expect(error?.message).toBe('There is no file test/role.yaml. Did you mean "test/ROLE.yaml"?');
  });
});

const SOUL =
  'schema_version: "1.0"\nidentity: { name: Base, language: en, languages: [en, de] }\npersonality: { verbosity: concise }\nprinciples: [a, b, c]\n';

describe("layers", () => {
  it("in place inherit the manifest's schema_version, and may have their own", async () => {
    const text = manifest(
      `${ROLE}soul: { schema_version: "1.1", identity: { name: A, language: en }, personality: {} }\n`,
    ).replace('"1.0"', '"1.2"');
    const { config } = await composed(packOf(text));
    expect([config.schema_version, config.role.schema_version, config.soul.schema_version]).toEqual([
      "1.2",
      "1.2",
      "1.1",
    ]);
  });

  it("that extend a base keep what is not overridden; lists are replaced, not appended to", async () => {
    const text = manifest(
      `${ROLE}soul:\n  extends: ../_shared/soul.yaml\n  override:\n    identity: { languages: [fr] }\n    principles: [x, y, z]\n`,
    );
    const { soul } = (await composed(packOf(text, { "_shared/soul.yaml": SOUL }))).config;
    expect(soul.identity).toEqual({ name: "Base", language: "en", languages: ["fr"] });
    expect(soul.principles).toEqual(["x", "y", "z"]);
    expect(soul.personality.verbosity).toBe("concise");
  });

  it("follow a chain, the nearest override winning, each path relative to the file it stands in", async () => {
    const files = {
      "_shared/base.yaml": SOUL,
      "_shared/more/middle.yaml":
        "extends: ../base.yaml\noverride:\n  identity: { name: Middle }\n  tone: { default: middle, on_error: middle }\n",
      "_shared/top.yaml": 'schema_version: "1.3"\nextends: ./more/middle.yaml\noverride:\n  tone: { on_error: top }\n',
    };
    const text = manifest(
      `${ROLE}soul:\n  extends: ../_shared/top.yaml\n  override: { personality: { verbosity: detailed } }\n`,
    );
    const { soul } = (await composed(packOf(text, files))).config;
    expect(soul.identity.name).toBe("Middle");
    expect([soul.tone.default, soul.tone.on_error, soul.personality.verbosity]).toEqual(["middle", "top", "detailed"]);
    expect(soul.schema_version).toBe("1.3");
  });

  it("named by file may extend others, too", async () => {
    const files = { "test/SOUL.yaml": "extends: ../_shared/soul.yaml\n", "_shared/soul.yaml": SOUL };
    const { soul } = (await composed(packOf(manifest(`${ROLE}soul: { file: ./SOUL.yaml }\n`), files))).config;
    expect(soul.identity.name).toBe("Base");
  });

  it("may be written in place as a skill", async () => {
    const text = manifest(`${ROLE}skills:\n  - { id: s, name: S, trigger: t, body: "# S" }\n`);
    expect((await composed(packOf(text))).config.skills).toMatchObject([{ id: "s", body: "# S", risk_level: "low" }]);
  });

  it("that are skills extend others, with the text of the nearest that has one", async () => {
    const files = {
      "_shared/a.md": "---\nid: a\nname: A\ntrigger: ta\n---\nText of A\n",
      "_shared/b.md": "---\nextends: ./a.md\noverride: { id: b }\n---\n",
      "_shared/c.md": "---\nextends: ./a.md\noverride: { id: c }\n---\nText of C\n",
    };
    const text = manifest(
      `${ROLE}skills:\n  - extends: ../_shared/b.md\n  - file: ../_shared/c.md\n  - extends: ../_shared/a.md\n    override: { body: Text of the pack }\n`,
    );
    const { skills } = (await composed(packOf(text, files))).config;
    expect(skills.map(({ id, trigger, body }) => [id, trigger, body])).toEqual([
      ["b", "ta", "Text of A"],
      ["c", "ta", "Text of C"],
      ["a", "ta", "Text of the pack"],
    ]);
  });

  it("in a circle are refused with the circle", async () => {
    const files = {
      "_shared/a.yaml": "extends: ./b.yaml\n",
      "_shared/b.yaml": "extends: ./c.yaml\n",
      "_shared/c.yaml": "extends: ./b.yaml\n",
    };
    const errors = await errorsOf(packOf(manifest(`${ROLE}soul: { extends: ../_shared/a.yaml }\n`), files));
    expect(errors.map((error) => `${place(error)} ${error.found}`)).toEqual([
      "_shared/c.yaml:1 /extends _shared/b.yaml -> _shared/c.yaml -> _shared/b.yaml",
    ]);
  });

  it("that extend themselves are refused", async () => {
    const errors = await errorsOf(
      packOf(manifest(`${ROLE}soul: { file: ./S.yaml }\n`), { "test/S.yaml": "extends: S.yaml\n" }),
    );
    expect(errors.map(({ found }) => found)).toEqual(["test/S.yaml -> test/S.yaml"]);
  });

  it("chain over eight files and no further", async () => {
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, i) => [`test/${i}.yaml`, i === length - 1 ? SOUL : `extends: ./${i + 1}.yaml\n`]),
      );
    const text = manifest(`${ROLE}soul: { file: ./0.yaml }\n`);
    expect(await errorsOf(packOf(text, chain(8)))).toEqual([]);
    expect((await errorsOf(packOf(text, chain(9)))).map(place)).toEqual(["test/7.yaml:1 /extends"]);
  });

  it("warn about what stands beside a reference and is not read", async () => {
    const text = manifest(
      `${ROLE}soul:\n  extends: ../_shared/soul.yaml\n  overide: { identity: { name: X } }\nmemory: { file: ./M.yaml, short_term: {} }\n`,
    );
    const files = { "_shared/soul.yaml": SOUL, "test/M.yaml": 'schema_version: "1.0"\n' };
    expect((await problemsOf(packOf(text, files))).map((p) => `${p.severity} ${place(p)} ${p.message}`)).toEqual([
      `warning ${M}:9 /soul/overide "overide" beside extends is not read. Did you mean "override"?`,
      `warning ${M}:10 /memory/short_term "short_term" beside file is not read.`,
    ]);
  });
});

const AT = { file: "f", line: 1, column: 1, pointer: "" };
type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

function toSource(value: Json): Source {
  if (Array.isArray(value)) return { kind: "list", items: value.map(toSource), at: AT };
  if (typeof value === "object" && value !== null) {
    const entries = new Map(
      Object.entries(value).map(([name, member]) => [name, { key: AT, value: toSource(member) }]),
    );
    return { kind: "map", entries, at: AT };
  }
  if (value === null || typeof value !== "object") return { kind: "scalar", value, text: String(value), at: AT };
  throw new Error("unreachable: every JSON value is a scalar, a list or a mapping");
}

/** Layers of one schema: a name that starts with `m` always holds a mapping, any other never does. */
const layer: fc.Arbitrary<{ readonly [name: string]: Json }> = fc.letrec((tie) => ({
  map: fc
    .record(
      {
        mA: tie("map"),
        mB: tie("map"),
        a: fc.oneof(fc.integer(), fc.string(), fc.constant(null)),
        b: fc.array(fc.integer(), { maxLength: 3 }),
        c: fc.oneof(fc.boolean(), fc.array(fc.string(), { maxLength: 2 })),
      },
      { requiredKeys: [] },
    )
    .map((record): { readonly [name: string]: Json } => ({ ...(record as { readonly [name: string]: Json }) })),
})).map;

const merged = (...values: readonly Json[]): unknown =>
  toData(values.map(toSource).reduce((base, override) => merge(base, override)));

describe("merging", () => {
  it("is associative for layers of one schema", () => {
    fc.assert(
      fc.property(layer, layer, layer, (a, b, c) => {
        const right = merge(toSource(a), merge(toSource(b), toSource(c)));
        expect(toData(right)).toEqual(merged(a, b, c));
      }),
    );
  });

  it("with nothing changes nothing, on either side", () => {
    fc.assert(
      fc.property(layer, (a) => {
        expect(merged(a, {})).toEqual(a);
        expect(merged({}, a)).toEqual(a);
      }),
    );
  });

  it("of a layer with itself is that layer", () => {
    fc.assert(
      fc.property(layer, (a) => {
        expect(merged(a, a)).toEqual(a);
      }),
    );
  });

  it("replaces a list as a whole, also by an empty one", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (before, after) => {
        expect(merged({ mA: { b: before } }, { mA: { b: after } })).toEqual({ mA: { b: after } });
      }),
    );
  });

  it("takes every value from exactly one of both sides, and its place with it", () => {
    const base = toSource({ x: 1, m: { y: 2 } });
    const override: Source = {
      kind: "map",
      at: { ...AT, file: "over" },
      entries: new Map([
        [
          "x",
          { key: { ...AT, file: "over" }, value: { kind: "scalar", value: 3, text: "3", at: { ...AT, file: "over" } } },
        ],
      ]),
    };
    const both = merge(base, override);
    expect(
      both.kind === "map" ? [both.entries.get("x")?.value.at.file, both.entries.get("m")?.value.at.file] : [],
    ).toEqual(["over", "f"]);
  });
});
