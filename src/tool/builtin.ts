/**
 * The tools that exist: what each is called, what arguments it takes, and which engine runs it. A pack chooses among
 * these and sets their limits; it cannot add one yet. No behaviour here: that is in `workers/` and in `host.ts`.
 */
import type { EngineName } from "./engine.ts";

type Schema = { readonly [keyword: string]: unknown };

export type Builtin = {
  readonly name: string;
  readonly description: string;
  readonly parameters: Schema;
  /** Null: answered by the host itself, from the pack, without an isolate. */
  readonly engine: EngineName | "by-language" | null;
};

/** Engine of each value of `language`. */
const LANGUAGE_ENGINES: ReadonlyMap<unknown, EngineName> = new Map([
  ["javascript", "code-executor"],
  ["typescript", "code-executor"],
  ["bash", "bash"],
  ["python", "python"],
]);

const CODE_EXECUTOR: Builtin = {
  name: "Code Executor",
  description:
    "Runs JavaScript, TypeScript, Python or Bash in a sandbox without network and returns its output. The value of the " +
    "last expression comes back as `value`, except in Bash. Text files under the workspace are read and written as " +
    "usual and stay there for later calls; variables do not. Python has its standard library, Bash the usual text " +
    'tools and jq, JavaScript `require("fs")` and top-level `await`. Nothing can be installed.',
  parameters: {
    type: "object",
    properties: {
      language: {
        type: "string",
        enum: ["javascript", "typescript", "python", "bash"],
        description: "Language of the code.",
      },
      code: { type: "string", description: "The program." },
      stdin: { type: "string", description: "Text the program reads from standard input." },
    },
    required: ["language", "code"],
    additionalProperties: false,
  },
  engine: "by-language",
};

const FILE_MANAGER: Builtin = {
  name: "File Manager",
  description:
    "Works on the task's text files. read: the content. write: creates or replaces. edit: replaces `old`, which must " +
    "occur exactly once, by `new`. list: the entries of a folder. search: the lines that contain `query`, under a " +
    "file or folder. delete: a file, or a folder with all in it.",
  parameters: {
    type: "object",
    properties: {
      action: { type: "string", enum: ["read", "write", "edit", "list", "search", "delete"] },
      path: { type: "string", description: "Absolute, such as /workspace/notes.md." },
      content: { type: "string", description: "For write: the whole new content." },
      old: { type: "string", description: "For edit: the exact text to replace." },
      new: { type: "string", description: "For edit: what replaces it." },
      query: { type: "string", description: "For search: the text to find, not a pattern." },
    },
    required: ["action", "path"],
    additionalProperties: false,
  },
  engine: "file-manager",
};

const SKILL: Builtin = {
  name: "Skill",
  description: "Loads the full instructions of one of your skills. Read a skill before you apply it.",
  parameters: {
    type: "object",
    properties: { id: { type: "string", description: "Id of the skill, from the list of your skills." } },
    required: ["id"],
    additionalProperties: false,
  },
  engine: null,
};

export const SKILL_TOOL_ID = "skill";

const BUILTINS: ReadonlyMap<string, Builtin> = new Map([
  ["code_executor", CODE_EXECUTOR],
  ["file_manager", FILE_MANAGER],
  [SKILL_TOOL_ID, SKILL],
]);

/** The engine for a call. A language that is none goes to the first engine, which says so. */
export const engineFor = (builtin: Builtin, args: { readonly [name: string]: unknown }): EngineName | null =>
  builtin.engine === "by-language" ? (LANGUAGE_ENGINES.get(args.language) ?? "code-executor") : builtin.engine;

/** Undefined for a tool that this release does not have, whatever a pack says. */
export const findBuiltin = (toolId: string): Builtin | undefined => BUILTINS.get(toolId);
