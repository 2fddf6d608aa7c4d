/** Hostile and odd files: each is refused where it is wrong, and none takes the reader down. */
import { describe, expect, it } from "vitest";
import { composePack } from "../../src/pack/index.ts";
import { PROBLEMS_PER_FILE_MAX, SKILLS_MAX } from "../../src/pack/limits.ts";
import { readYaml } from "../../src/pack/read.ts";
import { composed, errorsOf, manifest, packOf, problemsOf, ROLE } from "./samples.ts";

/** What reading alone finds, as `line:column message (found)`. */
const faults = (text: string): string[] =>
  readYaml("test/x.yaml", text).problems.map(
    ({ line, column, message, found }) => `${line}:${column} ${message} (${found})`,
  );

describe("YAML", () => {
  const TABLE: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
    [
      "an alias bomb",
      "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
      [
        "1:7 Anchors are not read (&a)",
        "2:7 Anchors are not read (&b)",
        "2:8 Aliases are not read (*a)",
        "3:5 Aliases are not read (*b)",
      ],
    ],
    ["an alias of nothing", "a: *nothing\n", ["1:4 Aliases are not read (*nothing)"]],
    ["a merge key", `${manifest(ROLE)}x: &x { a: 1 }\n`, ["7:7 Anchors are not read (&x)"]],
    [
      "a key that stands twice",
      `${manifest(ROLE)}pack_id: other\n`,
      ['7:1 The key stands twice ("pack_id" again; first on line 2)'],
    ],
    [
      "a key that stands twice in a flow",
      `${manifest(ROLE)}soul: { a: 1, a: 2 }\n`,
      ['7:15 The key stands twice ("a" again; first on line 7)'],
    ],
    ["a tag of its own", "a: !exec ls\n", ["1:10 Tags are not read (!exec)"]],
    ["a tag of JavaScript", "a: !!js/function x\n", ["1:18 Tags are not read (tag:yaml.org,2002:js/function)"]],
    ["binary", "a: !!binary aGk=\n", ["1:13 Tags are not read (tag:yaml.org,2002:binary)"]],
    [
      "__proto__",
      `${manifest(ROLE)}soul:\n  __proto__: { polluted: true }\n`,
      ['8:3 The key is not allowed ("__proto__")'],
    ],
    [
      "a quoted __proto__",
      `${manifest(ROLE)}"__proto__": { polluted: true }\n`,
      ['7:1 The key is not allowed ("__proto__")'],
    ],
    ["an escaped __proto__", `${manifest(ROLE)}"\\u005f_proto__": {}\n`, ['7:1 The key is not allowed ("__proto__")']],
    [
      "constructor and prototype",
      `${manifest(ROLE)}constructor: { prototype: {} }\nprototype: {}\n`,
      ['7:1 The key is not allowed ("constructor")', '8:1 The key is not allowed ("prototype")'],
    ],
    ["several documents", "a: 1\n---\nb: 2\n", ["2:1 The file holds several documents (---)"]],
    ["a directive of YAML 1.1", "%YAML 1.1\n---\na: yes\n", ["1:1 Directives are not read (%YAML 1.1 or %TAG)"]],
    [
      "a directive of tags",
      "%TAG ! tag:example.com,2000:\n---\na: 1\n",
      ["1:1 Directives are not read (%YAML 1.2 or %TAG)"],
    ],
    ["a key that is no text", "[a, b]: c\n", ["1:1 The YAML is malformed (With stringKeys, all keys must be strings)"]],
    [
      "a number that is none",
      `${manifest(ROLE)}soul: { a: .nan, b: -.inf, c: 1e999 }\n`,
      [
        "7:12 The number is not finite (.nan)",
        "7:21 The number is not finite (-.inf)",
        "7:31 The number is not finite (1e999)",
      ],
    ],
    [
      "NUL in a string",
      `${manifest(ROLE)}soul: { a: "x\\0y" }\n`,
      ["7:12 The text holds a character that is not allowed (NUL)"],
    ],
    [
      "NUL in a key",
      `${manifest(ROLE)}soul: { "x\\0y": 1 }\n`,
      ["7:9 The text holds a character that is not allowed (NUL)"],
    ],
    [
      "half of a surrogate pair",
      `${manifest(ROLE)}soul: { a: "\\ud800" }\n`,
      ["7:12 The text holds a character that is not allowed (a lone surrogate)"],
    ],
    ["a tab for indentation", "a:\n\tb: 1\n", ["2:1 The YAML is malformed (Tabs are not allowed as indentation)"]],
    ["an empty file", "", ["1:1 The file holds no mapping (null)"]],
    ["a comment alone", "# nothing\n", ["1:1 The file holds no mapping (null)"]],
    ["a list", "- a\n- b\n", ["1:1 The file holds no mapping (a list)"]],
    ["a text", "hello\n", ['1:1 The file holds no mapping ("hello")']],
    ["an open quote", 'a: "x\n', ['2:1 The YAML is malformed (Missing closing "quote)']],
  ];
  for (const [name, text, expected] of TABLE) {
    it(`refuses ${name}`, () => {
      expect(faults(text)).toEqual(expected);
    });
  }

  it("leaves Object.prototype as it was", async () => {
    await composePack(packOf(`${manifest(ROLE)}soul:\n  __proto__: { polluted: true }\n`), "test");
    expect("polluted" in {}).toBe(false);
  });

  it("reads YAML 1.2: yes is a text, 0o17 a number, and a date a text", async () => {
    const text = manifest(
      `${ROLE}soul: { identity: { name: yes, language: no }, personality: {}, tone: { default: 2026-01-01 } }\nguardrails: { input: { max_length: 0o17 } }\n`,
    );
    const { soul, guardrails } = (await composed(packOf(text))).config;
    expect([soul.identity.name, soul.identity.language, soul.tone.default, guardrails.input.max_length]).toEqual([
      "yes",
      "no",
      "2026-01-01",
      15,
    ]);
  });

  it("reads a file with a byte order mark and Windows line ends", async () => {
    const text = `\uFEFF${manifest(ROLE).replaceAll("\n", "\r\n")}`;
    expect((await composed(packOf(text))).config.pack_id).toBe("test");
  });

  it("refuses a file over 256 KB before it is parsed, counted in bytes", async () => {
    const full = `a: 1 # ${"ä".repeat((256 * 1024 - 8) / 2)}`;
    expect(faults(`${full} `)).toEqual([]);
    expect(faults(`${full}ä`)).toEqual(["1:1 The file is too large (262145 bytes)"]);
    expect(faults(`${"[".repeat(256 * 1024)}x`)).toEqual(["1:1 The file is too large (262145 bytes)"]);
  });

  it("refuses nesting that would exhaust the stack, and nesting beyond 64 levels, in one line", async () => {
    for (const text of [`a: ${"[".repeat(100_000)}`, "- ".repeat(60_000), `${"{a: ".repeat(20_000)}`]) {
      expect(faults(text).some((fault) => fault.includes("nested too deeply"))).toBe(true);
    }
    const nested = (levels: number) => `${manifest(ROLE)}x: ${"[".repeat(levels)}${"]".repeat(levels)}\n`;
    expect(faults(nested(60))).toEqual([]);
    expect(faults(nested(70))).toEqual(["7:67 The file is nested too deeply (more than 64 levels)"]);
  });

  it("refuses more values than anybody writes, without reading them all", async () => {
    const text = `${manifest(ROLE)}x: [${"1,".repeat(30_000)}]\n`;
    expect(faults(text).map((fault) => fault.replace(/^\S+ /, ""))).toEqual([
      "The file holds too many values (more than 20000)",
    ]);
  });

  it("does not call a value wrong that it refused to read", async () => {
    const text = manifest("role: *shared\nmodel: { tier: !t tier-1 }\ncompatibility: { framework_min: .nan }\n");
    const errors = await errorsOf(packOf(text));
    expect(errors.map(({ pointer, message }) => `${pointer} ${message}`)).toEqual([
      "/role Aliases are not read",
      "/model/tier Tags are not read",
      "/compatibility/framework_min The number is not finite",
    ]);
  });

  it("shows a hundred problems of a file and counts the rest", async () => {
    const text = Array.from({ length: 500 }, (_, i) => `k${i}: *a${i}`).join("\n");
    expect(faults(text)).toHaveLength(101);
    expect(faults(text).at(-1)).toBe("1:1 400 more problems in this file ()");
  });

  it("reads twenty thousand keys in one pass", async () => {
    // Comparing each key with all before it took 6 s; a set does not care. Counted in steps, not in time: the
    // walk visits each value once, so the limit on values is met exactly.
    const text = Array.from({ length: 19_000 }, (_, i) => `k${i}: 1`).join("\n");
    expect((await errorsOf(packOf(text))).map(({ pointer }) => pointer)).toEqual(
      ["author", "pack_id", "risk_level", "role", "schema_version", "version"].map((name) => `/${name}`),
    );
  });
});

describe("a skill in Markdown", () => {
  const skill = (text: string) => packOf(manifest(`${ROLE}skills:\n  - file: ./S.md\n`), { "test/S.md": text });
  const HEAD = "id: s\nname: S\ntrigger: t\n";

  it("is its front matter, and the text below without white space at its ends", async () => {
    const { skills } = (await composed(skill(`---\n${HEAD}---\n\n# S\n\n---\n\nBody\n\n`))).config;
    expect(skills[0]?.body).toBe("# S\n\n---\n\nBody");
  });

  it("may have Windows line ends, a byte order mark, and no text", async () => {
    const { skills } = (await composed(skill(`\uFEFF---\r\n${HEAD.replaceAll("\n", "\r\n")}---`))).config;
    expect(skills).toMatchObject([{ id: "s", name: "S", trigger: "t", body: "" }]);
  });

  const TABLE: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
    ["has no front matter", "# S\n", ['1:1 The skill has no front matter ("# S\\n")']],
    [
      "has front matter without an end",
      `---\n${HEAD}`,
      ['1:1 The skill has no front matter ("---\\nid: s\\nname: S\\ntr")'],
    ],
    ["has front matter that is malformed", `---\n${HEAD}a: *b\n---\nBody`, ["5:4 Aliases are not read (*b)"]],
    [
      "says its body twice",
      `---\n${HEAD}body: x\n---\nBody`,
      ["5:1 The body of a skill is the text below its front matter (body in the front matter)"],
    ],
    ["holds NUL in its text", `---\n${HEAD}---\na\0b`, ["6:1 The text holds a character that is not allowed (NUL)"]],
    ["lacks a trigger", "---\nid: s\nname: S\n---\n", ["1:1 trigger is missing (nothing)"]],
    ["is too large", `---\n${HEAD}---\n${"x".repeat(256 * 1024)}`, ["1:1 The file is too large (262177 bytes)"]],
  ];
  for (const [name, text, expected] of TABLE) {
    it(`is refused when it ${name}`, async () => {
      const errors = await errorsOf(skill(text));
      expect(errors.map(({ line, column, message, found }) => `${line}:${column} ${message} (${found})`)).toEqual(
        expected,
      );
    });
  }
});

describe("a composed pack", () => {
  it("is refused when it is larger than a task may load", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 5 }, (_, i) => [
        `test/S${i}.md`,
        `---\nid: s${i}\nname: S\ntrigger: t\n---\n${"x".repeat(255 * 1024)}`,
      ]),
    );
    const skills = Object.keys(files).map((path) => `  - file: ./${path.slice(5)}\n`);
    const errors = await errorsOf(packOf(manifest(`${ROLE}skills:\n${skills.join("")}`), files));
    expect(errors.map(({ message }) => message)).toEqual(["The composed pack is too large"]);
  });

  const unknownKeys = (count: number): string => Array.from({ length: count }, (_, n) => `k${n}: 1\n`).join("");
  const skillFile = (more: string): string => `---\nid: s\nname: S\ntrigger: t\n${more}---\nx`;

  it("is told of what is wrong with a file once, and not of all of it, however many of its skills name it", async () => {
    const files = { "test/S.md": skillFile(unknownKeys(15_000)) };
    const skills = "  - file: ./S.md\n".repeat(900);
    const problems = await problemsOf(packOf(manifest(`${ROLE}skills:\n${skills}`), files));
    const unknown = problems.filter(({ message }) => message.includes("is not a known key"));
    expect(unknown).toHaveLength(PROBLEMS_PER_FILE_MAX);
    expect(problems.filter(({ message }) => message === "14900 more problems in this layer")).toHaveLength(1);
  });

  it("is refused when it has more skills than anybody keeps", async () => {
    const files = { "test/S.md": skillFile("") };
    const skills = "  - file: ./S.md\n".repeat(SKILLS_MAX + 2);
    const errors = await errorsOf(packOf(manifest(`${ROLE}skills:\n${skills}`), files));
    expect(errors.map(({ pointer, message }) => `${pointer} ${message}`)).toContain(
      `/skills/${SKILLS_MAX} The pack has too many skills`,
    );
  });

  it("is refused when one file is extended until the copies are too large together", async () => {
    const files = { "test/S.md": skillFile(unknownKeys(15_000)) };
    const skills = "  - { extends: ./S.md, override: { id: other } }\n".repeat(900);
    const errors = await errorsOf(packOf(manifest(`${ROLE}skills:\n${skills}`), files));
    const first = errors.find(({ message }) => message === "The layers that extend others are too large together");
    expect(first?.pointer).toBe("/skills/3/extends");
  });

  it("is refused when it reads more files than anybody keeps", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 201 }, (_, i) => [`test/S${i}.md`, `---\nid: s${i}\nname: S\ntrigger: t\n---\nx`]),
    );
    const skills = Object.keys(files).map((path) => `  - file: ./${path.slice(5)}\n`);
    const errors = await errorsOf(packOf(manifest(`${ROLE}skills:\n${skills.join("")}`), files));
    expect(errors.map(({ pointer, message }) => `${pointer} ${message}`)).toEqual([
      // The manifest is the first file of the two hundred.
      "/skills/199/file The pack reads too many files",
      "/skills/200/file The pack reads too many files",
    ]);
  });
});
