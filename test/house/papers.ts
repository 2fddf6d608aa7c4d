/** Rules for what is not code: Markdown links, paths of one machine, addresses of registries. From files to breaches. */
import { posix } from "node:path";
import type { SourceFile } from "./source.ts";

/** Relative links of Markdown files whose target is neither a file nor a folder of the tree. Anchors are not followed. */
export function brokenLinks(files: readonly SourceFile[]): string[] {
  const targets = new Set(files.map((file) => file.path));
  for (const path of [...targets]) {
    for (let folder = posix.dirname(path); folder !== "."; folder = posix.dirname(folder)) targets.add(folder);
  }
  targets.add(".");
  return files
    .filter((file) => file.path.endsWith(".md"))
    .flatMap((file) => {
      const prose = file.text.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, " "));
      return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
        .map((match) => match[1] ?? "")
        .filter((link) => !/^(?:[a-z]+:|#)/.test(link))
        .filter((link) => !targets.has(resolve(file.path, link)))
        .map((link) => `${file.path}: no ${link}`);
    });
}

const resolve = (from: string, link: string): string =>
  posix.join(posix.dirname(from), link.replace(/#.*$/, "")).replace(/\/$/, "");

/** Where somebody's checkout, home or scratch folder leaks in. `/workspace`, a tool's own root, is none; nor is the
 * `/home/user` that tools are refused. */
const MACHINE = /(?<![\w.~-])\/(?:work|home\/(?!user\/)[\w-]+|Users\/[\w-]+|var\/folders)\/[\w.-]/;
/** A registry other than the public one, as a download address or a setting. */
const REGISTRY = /https?:\/\/[\w.-]*(?:registry|artifactory|nexus|verdaccio)[\w.-]*[:/]|^registry\s*=/m;

/** @param here this checkout's own path: it may stand in no file, whatever it looks like. */
export function machineTraces(files: readonly SourceFile[], here: string): string[] {
  const at = (file: SourceFile, index: number): string =>
    `${file.path}: line ${file.text.slice(0, index).split("\n").length}`;
  return files.flatMap((file) => {
    const found: string[] = [];
    const own = file.text.indexOf(`${here}/`);
    const path = own === -1 ? (MACHINE.exec(file.text)?.index ?? -1) : own;
    if (path !== -1) found.push(`${at(file, path)}: a path of one machine`);
    const registry = REGISTRY.exec(file.text)?.index ?? -1;
    if (registry !== -1) found.push(`${at(file, registry)}: the address of a registry`);
    if (file.path.endsWith("package-lock.json") && file.text.includes('"resolved": "http')) {
      found.push(`${file.path}: holds download addresses`);
    }
    return found;
  });
}
