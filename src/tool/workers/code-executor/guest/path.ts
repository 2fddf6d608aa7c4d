/** `path`, POSIX only: what a program needs to build the names of its files. */

/** `..` goes up here, as in Node; whether the result may be used is the host's to say. */
export function normalize(path: string): string {
  const absolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!absolute) parts.push("..");
  }
  const joined = parts.join("/");
  return absolute ? `/${joined}` : joined || ".";
}

export const join = (...parts: readonly string[]): string => normalize(parts.filter((part) => part !== "").join("/"));
export const isAbsolute = (path: string): boolean => path.startsWith("/");

export const resolver =
  (cwd: () => string) =>
  (...parts: readonly string[]): string => {
    const from = parts.findLastIndex(isAbsolute);
    return normalize((from === -1 ? [cwd(), ...parts] : parts.slice(from)).join("/"));
  };

export function dirname(path: string): string {
  const at = path.replace(/\/+$/, "").lastIndexOf("/");
  return at === -1 ? "." : path.slice(0, at) || "/";
}

export function basename(path: string, suffix = ""): string {
  const name = path.replace(/\/+$/, "").split("/").at(-1) ?? "";
  return suffix !== "" && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

export function extname(path: string): string {
  const name = basename(path);
  const at = name.lastIndexOf(".");
  return at <= 0 ? "" : name.slice(at);
}

export function relativeFrom(from: string, to: string): string {
  const source = from.split("/").filter(Boolean);
  const target = to.split("/").filter(Boolean);
  let shared = 0;
  while (shared < source.length && source[shared] === target[shared]) shared++;
  return [...source.slice(shared).map(() => ".."), ...target.slice(shared)].join("/");
}
