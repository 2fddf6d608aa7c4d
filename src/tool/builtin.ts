/**
 * The tools that exist: what each is called, what arguments it takes, and which engine runs it. A pack chooses among
 * these, sets their limits, and may bring tools of its own. No behaviour here: that is in `workers/` and in `host.ts`.
 */
import type { ToolDef } from "../pack/index.ts";
import type { EngineName } from "./engine.ts";

type Schema = { readonly [keyword: string]: unknown };

export type Builtin = {
  readonly name: string;
  readonly description: string;
  readonly parameters: Schema;
  /** Null: answered without an isolate, from the pack or, for a handoff, by another task. */
  readonly engine: EngineName | "by-language" | null;
  /** Whether its worker asks the call's gateway for anything; the others get none. */
  readonly usesNetwork?: boolean;
  /** Whether a call with these arguments may be made again when its outcome is unknown. Absent: always. */
  readonly repeats?: (args: { readonly [name: string]: unknown }) => boolean;
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

/** What HTTP itself calls safe: asking again changes nothing. RFC 9110, section 9.2.1. */
const SAFE_METHODS: readonly unknown[] = ["GET", "HEAD", "OPTIONS"];

const HTTP_REQUEST: Builtin = {
  name: "HTTP Request",
  description:
    "Makes one HTTPS request to a host this agent may reach and returns {status, headers, body}. Redirects of GET and " +
    "HEAD are followed within those hosts. A body that is not text comes as base64, marked by body_encoding.",
  parameters: {
    type: "object",
    properties: {
      method: { type: "string", enum: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] },
      url: { type: "string", description: "Absolute, such as https://api.example.com/v1/items?limit=10." },
      headers: {
        type: "object",
        additionalProperties: { type: "string" },
        description: "Credentials do not belong here: they are added on the way.",
      },
      body: { type: "string", description: "For POST, PUT, PATCH and DELETE." },
    },
    required: ["method", "url"],
    additionalProperties: false,
  },
  engine: "http-request",
  usesNetwork: true,
  repeats: ({ method }) => SAFE_METHODS.includes(method),
};

const GIT: Builtin = {
  name: "Git",
  description:
    "Works on git repositories in the workspace. clone {url, branch?, depth?}: shallow unless depth says otherwise (0: " +
    "all of it). init {branch?}. status. add {files?}: stages changes and deletions, all of them by default. commit " +
    "{message, author?}. diff {staged?, from?, to?, files?}: unified; the files against what is staged by default. log " +
    "{max?, branch?}. branch {name?}: makes one, and lists all. checkout {branch, create?} or {files} to restore. push " +
    "{branch?} and pull {branch?}: origin and the current branch by default. Give `path` when there is more than one " +
    "repository. Credentials are added on the way and never given here.",
  parameters: {
    type: "object",
    properties: {
      action: {
        type: "string",
        enum: ["init", "clone", "status", "add", "commit", "diff", "log", "branch", "checkout", "push", "pull"],
      },
      path: { type: "string", description: "Folder of the repository, such as /workspace/project." },
      url: { type: "string", description: "For clone: such as https://github.com/owner/project.git." },
      branch: { type: "string", description: "Name of a branch; for checkout also of a commit." },
      name: { type: "string", description: "For branch: the new branch." },
      create: { type: "boolean", description: "For checkout: make the branch first." },
      files: { type: "array", items: { type: "string" }, description: "Paths in the repository." },
      message: { type: "string", description: "For commit." },
      author: {
        type: "object",
        properties: { name: { type: "string" }, email: { type: "string" } },
        required: ["name", "email"],
        additionalProperties: false,
      },
      staged: { type: "boolean", description: "For diff: what is staged against the last commit." },
      from: { type: "string", description: "For diff: a commit or branch." },
      to: { type: "string", description: "For diff: the other one, HEAD by default." },
      depth: { type: "integer", minimum: 0, description: "For clone: commits of history, 1 by default." },
      max: { type: "integer", minimum: 1, description: "For log: commits, 20 by default." },
      remote: { type: "string", description: "For push and pull: origin by default." },
    },
    required: ["action"],
    additionalProperties: false,
  },
  engine: "git",
  usesNetwork: true,
  // The others only stage files. What a push that nobody heard of did is not known here.
  repeats: ({ action }) => action !== "push",
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

const SOP: Builtin = {
  name: "Procedure",
  description:
    "Works through one of your procedures. start {sop}: begins it and returns its first step. advance {outcome}: ends the " +
    "current step with success or failure and returns where that leads. Start a procedure before you follow it, do what " +
    "the step says with its tool, then advance; one move a turn.",
  parameters: {
    type: "object",
    properties: {
      action: { type: "string", enum: ["start", "advance"] },
      sop: { type: "string", description: "For start: id of the procedure, from the list of your procedures." },
      outcome: { type: "string", enum: ["success", "failure"], description: "For advance: what came of the step." },
    },
    required: ["action"],
    additionalProperties: false,
  },
  // Answered by the task, which alone knows where its procedure stands.
  engine: null,
};

export const SKILL_TOOL_ID = "skill";
export const SOP_TOOL_ID = "sop";

const HANDOFF: Builtin = {
  name: "Handoff",
  description:
    "Hands a piece of work to another agent, which does it as a task of its own, and returns {task_id, output} when that " +
    "task is done. The other agent knows your input, and of this task as much as your pack lets it; files stay here. Say " +
    "in `input` all that it has to do and to answer.",
  // The agents are the pack's to name: see handoffParameters.
  parameters: { type: "object" },
  engine: null,
};

export const HANDOFF_TOOL_ID = "handoff";

/** @param agents ids of the packs that work may be handed to. */
export const handoffParameters = (agents: readonly string[]) => ({
  type: "object",
  properties: {
    agent: { type: "string", enum: [...new Set(agents)], description: "Who takes it over." },
    input: { type: "string", minLength: 1, description: "What the other agent is asked to do." },
  },
  required: ["agent", "input"],
  additionalProperties: false,
});

const BUILTINS: ReadonlyMap<string, Builtin> = new Map([
  ["code_executor", CODE_EXECUTOR],
  ["file_manager", FILE_MANAGER],
  ["git", GIT],
  ["http_request", HTTP_REQUEST],
  [SKILL_TOOL_ID, SKILL],
  [SOP_TOOL_ID, SOP],
  [HANDOFF_TOOL_ID, HANDOFF],
]);

/** The engine for a call. A language that is none goes to the first engine, which says so. */
export const engineFor = (builtin: Builtin, args: { readonly [name: string]: unknown }): EngineName | null =>
  builtin.engine === "by-language" ? (LANGUAGE_ENGINES.get(args.language) ?? "code-executor") : builtin.engine;

/** Undefined for a tool that this release does not have, whatever a pack says. */
export const findBuiltin = (toolId: string): Builtin | undefined => BUILTINS.get(toolId);

/** A tool that the pack brings, in the shape of the others; undefined for an entry without code. */
export const packTool = ({ name, description, bundle }: ToolDef): Builtin | undefined =>
  bundle === undefined
    ? undefined
    : {
        name,
        description: description || name,
        parameters: { type: "object" },
        engine: "pack-tool",
        usesNetwork: true,
      };

/** A tool of a remote server, in the shape of the others. */
export const remoteTool = ({ name, description }: ToolDef): Builtin => ({
  name,
  description,
  parameters: { type: "object" },
  engine: "mcp",
  usesNetwork: true,
});
