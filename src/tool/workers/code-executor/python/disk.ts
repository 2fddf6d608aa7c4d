/**
 * The files of one run as bytes: the task's, a /tmp that ends with the call, and the standard library. What may be
 * written is checked when it is written.
 */
import { isInScopes, toBytes, type WorkerRequest } from "../../../contract.ts";
import { SCRATCH_BYTES_MAX, SCRATCH_FILES_MAX } from "../../limits.ts";
import { SystemError } from "./errno.ts";

export type FileNode = {
  readonly kind: "file";
  bytes: Uint8Array;
  length: number;
  changed: boolean;
  area: Area;
};
export type Node = FileNode | { readonly kind: "folder" };
/** Whose quota a file counts against. */
type Area = "workspace" | "scratch" | "fixed";

type Placed = { readonly path: string; readonly node: Node };
type Move = Placed & { readonly target: string };

/** What an entry of a folder can say. */
const NAME_BYTES_MAX = 255;
const SCRATCH_ROOT = "/tmp";

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

export class Disk {
  readonly #nodes = new Map<string, Node>([["/", { kind: "folder" }]]);
  readonly #request: Pick<WorkerRequest, "access" | "scopes" | "quota">;
  readonly #used = { workspace: 0, scratch: 0, fixed: 0 };
  readonly #count = { workspace: 0, scratch: 0, fixed: 0 };

  /** @param fixed files that can only be read, such as the standard library. */
  constructor(
    request: Pick<WorkerRequest, "files" | "access" | "scopes" | "quota">,
    fixed: readonly { readonly path: string; readonly bytes: Uint8Array }[],
  ) {
    this.#request = request;
    for (const folder of [SCRATCH_ROOT, ...(request.access === "none" ? [] : request.scopes)]) this.#place(folder);
    for (const { path, bytes } of fixed) this.#put(path, bytes, "fixed");
    for (const file of request.files) this.#put(file.path, toBytes(file), "workspace");
  }

  find(path: string): Node | undefined {
    return this.#nodes.get(path);
  }

  /** Names directly inside a folder, in order. */
  list(path: string): readonly { readonly name: string; readonly kind: Node["kind"] }[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...this.#nodes]
      .filter(([known]) => known !== "/" && known.startsWith(prefix) && !known.slice(prefix.length).includes("/"))
      .map(([known, node]) => ({ name: known.slice(prefix.length), kind: node.kind }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  createFile(path: string): FileNode {
    const area = this.#checkNew(path);
    const node: FileNode = { kind: "file", bytes: new Uint8Array(), length: 0, changed: true, area };
    this.#nodes.set(path, node);
    return node;
  }

  createFolder(path: string): void {
    if (this.#nodes.has(path)) throw new SystemError("EEXIST");
    this.#checkNew(path);
    this.#nodes.set(path, { kind: "folder" });
  }

  removeFile(path: string): void {
    const node = this.#existing(path);
    if (node.kind === "folder") throw new SystemError("EISDIR");
    this.checkWritable(path);
    this.#drop(path, node);
  }

  removeFolder(path: string): void {
    if (this.#existing(path).kind === "file") throw new SystemError("ENOTDIR");
    this.checkWritable(path);
    if (this.list(path).length > 0) throw new SystemError("ENOTEMPTY");
    this.#drop(path, { kind: "folder" });
  }

  /** As `rename(2)`: replaces a file, or an empty folder by a folder. When it is refused, both are as they were. */
  rename(from: string, to: string): void {
    const node = this.#existing(from);
    if (from === to) return;
    if (isInScopes(to, [from])) throw new SystemError("EINVAL");
    this.checkWritable(from);
    const there = this.#nodes.get(to);
    if (there !== undefined && there.kind !== node.kind) {
      throw new SystemError(there.kind === "folder" ? "EISDIR" : "ENOTDIR");
    }
    this.#checkPlace(to);
    if (there?.kind === "folder" && this.list(to).length > 0) throw new SystemError("ENOTEMPTY");
    const moves = this.#movesOf(from, node, to);
    for (const { path } of moves) this.checkWritable(path);
    this.#checkRoomFor(moves, there === undefined ? [] : [{ path: to, node: there }]);
    if (there !== undefined) this.#drop(to, there);
    for (const { path, node } of moves) this.#drop(path, node);
    for (const { target, node } of moves) this.#add(target, node);
  }

  /** A file, or a folder with all that is in it, and where each of them goes. */
  #movesOf(from: string, node: Node, to: string): readonly Move[] {
    if (node.kind === "file") return [{ path: from, node, target: to }];
    return [...this.#nodes]
      .filter(([path]) => isInScopes(path, [from]))
      .map(([path, inside]) => ({ path, node: inside, target: to + path.slice(from.length) }));
  }

  /** What stays inside one area takes no more room than it did, so it is never refused. */
  #checkRoomFor(moves: readonly Move[], gone: readonly Placed[]): void {
    const gain = { workspace: { bytes: 0, files: 0 }, scratch: { bytes: 0, files: 0 }, fixed: { bytes: 0, files: 0 } };
    const count = (area: Area, node: Node, sign: 1 | -1): void => {
      gain[area].bytes += node.kind === "file" ? sign * node.length : 0;
      gain[area].files += sign;
    };
    for (const { path, node } of [...gone, ...moves]) count(this.#areaOfNode(path, node), node, -1);
    for (const { path, node, target } of moves) {
      const area = this.#areaOf(target);
      count(area, node, 1);
      const isNew = area !== this.#areaOfNode(path, node);
      if (isNew && node.kind === "file" && node.length > this.#quotaOf(area).fileBytes) throw new SystemError("EFBIG");
    }
    for (const area of ["workspace", "scratch"] as const) {
      const { bytes, files } = gain[area];
      const quota = this.#quotaOf(area);
      const isFull = bytes > 0 && this.#used[area] + bytes > quota.totalBytes;
      if (isFull || (files > 0 && this.#count[area] + files > quota.files)) throw new SystemError("ENOSPC");
    }
  }

  /** Bytes past the end in between become zero. */
  write(node: FileNode, at: number, bytes: Uint8Array): void {
    this.resize(node, Math.max(node.length, at + bytes.length));
    node.bytes.set(bytes, at);
  }

  resize(node: FileNode, length: number): void {
    // Asked of the node too, whatever its path allows: its bytes are the isolate's own, and later calls read them.
    if (node.area === "fixed") throw new SystemError("EACCES");
    const quota = this.#quotaOf(node.area);
    if (length > quota.fileBytes) throw new SystemError("EFBIG");
    if (this.#used[node.area] + length - node.length > quota.totalBytes) throw new SystemError("ENOSPC");
    this.#used[node.area] += length - node.length;
    if (length > node.bytes.length) {
      const larger = new Uint8Array(Math.min(quota.fileBytes, Math.max(length, node.bytes.length * 2, 1024)));
      larger.set(node.bytes.subarray(0, node.length));
      node.bytes = larger;
    } else if (length < node.length) node.bytes.fill(0, length, node.length);
    node.length = length;
    node.changed = true;
  }

  /** A scope may hold the library's path. What stands there is no file of the task for that. */
  checkWritable(path: string): void {
    const node = this.#nodes.get(path);
    const area = node === undefined ? this.#areaOf(path) : this.#areaOfNode(path, node);
    if (area === "fixed" || this.#areaOf(path) === "fixed") throw new SystemError("EACCES");
  }

  /** Whether a path is where the call may write the task's files. */
  isWorkspace(path: string): boolean {
    return this.#areaOf(path) === "workspace";
  }

  /** The task's files as they are now. */
  *workspaceFiles(): Generator<{ readonly path: string; readonly node: FileNode }> {
    for (const [path, node] of this.#nodes) {
      if (node.kind === "file" && node.area === "workspace") yield { path, node };
    }
  }

  #existing(path: string): Node {
    const node = this.#nodes.get(path);
    if (node === undefined) throw new SystemError("ENOENT");
    return node;
  }

  #checkNew(path: string): Area {
    this.#checkPlace(path);
    const area = this.#areaOf(path);
    if (this.#count[area] >= this.#quotaOf(area).files) throw new SystemError("ENOSPC");
    this.#count[area]++;
    return area;
  }

  /** Whether something may stand there. */
  #checkPlace(path: string): void {
    if (new TextEncoder().encode(path.slice(path.lastIndexOf("/") + 1)).length > NAME_BYTES_MAX) {
      throw new SystemError("ENAMETOOLONG");
    }
    const parent = this.#nodes.get(parentOf(path));
    if (parent === undefined) throw new SystemError("ENOENT");
    if (parent.kind === "file") throw new SystemError("ENOTDIR");
    this.checkWritable(path);
  }

  #areaOf(path: string): Area {
    const { access, scopes } = this.#request;
    if (access === "write" && isInScopes(path, scopes)) return "workspace";
    return path !== SCRATCH_ROOT && isInScopes(path, [SCRATCH_ROOT]) ? "scratch" : "fixed";
  }

  #areaOfNode(path: string, node: Node): Area {
    return node.kind === "file" ? node.area : this.#areaOf(path);
  }

  #quotaOf(area: Area): WorkerRequest["quota"] {
    if (area === "workspace") return this.#request.quota;
    return { fileBytes: SCRATCH_BYTES_MAX, totalBytes: SCRATCH_BYTES_MAX, files: SCRATCH_FILES_MAX };
  }

  #drop(path: string, node: Node): void {
    const area = this.#areaOfNode(path, node);
    if (node.kind === "file") this.#used[area] -= node.length;
    this.#count[area]--;
    this.#nodes.delete(path);
  }

  /** What was dropped elsewhere. A file is the same one to whoever has it open, and is new where it is now. */
  #add(path: string, node: Node): void {
    const area = this.#areaOf(path);
    if (node.kind === "file") {
      this.#used[area] += node.length;
      node.area = area;
      node.changed = true;
    }
    this.#count[area]++;
    this.#nodes.set(path, node);
  }

  #put(path: string, bytes: Uint8Array, area: Area): void {
    this.#place(parentOf(path));
    this.#nodes.set(path, { kind: "file", bytes, length: bytes.length, changed: false, area });
    this.#used[area] += bytes.length;
    this.#count[area]++;
  }

  /** A folder and those it lies in. */
  #place(folder: string): void {
    if (this.#nodes.has(folder)) return;
    this.#place(parentOf(folder));
    this.#nodes.set(folder, { kind: "folder" });
  }
}
