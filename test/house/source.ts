/**
 * Reads the repository as text for the house rules: which files there are, what a file imports, and its code without
 * comments and literals. No rule lives here. TypeScript 7 has no parser to borrow, so this reads what Biome's
 * formatting guarantees: a static import or re-export starts at the beginning of a line.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";

export type SourceFile = {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
};

const BINARY = /\.(binpb|wasm|png|ico|woff2?|gz)$/;

/** Every text file that git would track: `.gitignore` of the root is honoured, `.git` and other trees are not entered. */
export function readTree(root: string): SourceFile[] {
  const ignored = ignoreRules(readFileSync(join(root, ".gitignore"), "utf8"));
  const files: SourceFile[] = [];
  const enter = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = join(folder, entry.name);
      if (entry.name === ".git" || ignored(entry.name, entry.isDirectory())) continue;
      if (entry.isDirectory()) enter(full);
      else if (entry.isFile() && !BINARY.test(entry.name)) {
        files.push({ path: relative(root, full).split(sep).join("/"), text: readFileSync(full, "utf8") });
      }
    }
  };
  enter(root);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The forms this repository's .gitignore uses: `name`, `name/` and `*.suffix`. Anything else is refused, not guessed. */
function ignoreRules(text: string): (name: string, isFolder: boolean) => boolean {
  const patterns = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const odd = patterns.find((pattern) => !/^(\*\.[\w.-]+|[\w.-]+\/?)$/.test(pattern));
  if (odd !== undefined) throw new Error(`.gitignore: "${odd}" is a form the house rules do not read`);
  return (name, isFolder) =>
    patterns.some((pattern) => {
      if (pattern.startsWith("*")) return name.endsWith(pattern.slice(1));
      return pattern.endsWith("/") ? isFolder && name === pattern.slice(0, -1) : name === pattern;
    });
}

/** Module specifiers as written: static, re-exported, dynamic, and those of `import("x")` types. */
export function specifiersOf(text: string): string[] {
  const fixed = text.matchAll(/^(?:import|export)\b(?:[^"'`;]*?\bfrom)?\s*["']([^"'\n]+)["']/gm);
  const dynamic = text.matchAll(/\bimport\(\s*["'`]([^"'`\n]+)["'`]/g);
  return [...fixed, ...dynamic].map((match) => match[1] ?? "");
}

/** As `specifiersOf`, without what is erased before the code runs: `import type` and `export type`. */
export const valueSpecifiersOf = (text: string): string[] =>
  specifiersOf(text.replace(/^(?:import|export)\s+type\b[^"'`;]*["'][^"'\n]+["']/gm, ""));

/** The files of the repository among `specifiers`, as paths from the root; `?query` suffixes are dropped. */
export function localImportsOf(file: SourceFile, specifiers = specifiersOf(file.text)): string[] {
  return specifiers
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => posix.normalize(posix.join(posix.dirname(file.path), specifier.replace(/\?.*$/, ""))));
}

/** The same text with comments, and with `literals: "blank"` also strings, turned into spaces; line numbers are kept. */
export function codeOf(text: string, literals: "keep" | "blank"): string {
  let code = "";
  let at = 0;
  while (at < text.length) {
    const end = tokenEnd(text, at);
    const token = text.slice(at, end);
    const isComment = token.startsWith("//") || token.startsWith("/*");
    const isLiteral = token.length > 1 && /^["'`/]/.test(token);
    code += isComment || (isLiteral && literals === "blank") ? token.replace(/[^\n]/g, " ") : token;
    at = end;
  }
  return code;
}

/** End of the comment, literal or single character that starts at `at`. */
function tokenEnd(text: string, at: number): number {
  const to = (index: number, length: number): number => (index === -1 ? text.length : index + length);
  if (text.startsWith("//", at)) return to(text.indexOf("\n", at), 0);
  if (text.startsWith("/*", at)) return to(text.indexOf("*/", at + 2), 2);
  const quote = text[at];
  if (quote === "/") return regexEnd(text, at);
  if (quote !== '"' && quote !== "'" && quote !== "`") return at + 1;
  for (let index = at + 1; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === quote || (quote !== "`" && text[index] === "\n")) return index + 1;
  }
  return text.length;
}

/** A slash after an operator or an opening bracket starts a regular expression; after anything else it divides. */
function regexEnd(text: string, at: number): number {
  if (!/(?:^|[(,=:[!&|?{};>]|\breturn)\s*$/.test(text.slice(Math.max(0, at - 40), at))) return at + 1;
  const regex = /\/(?:\\.|\[(?:\\.|[^\]\n\\])*\]|[^/\n\\[])+\//y;
  regex.lastIndex = at;
  return regex.exec(text) === null ? at + 1 : regex.lastIndex;
}
