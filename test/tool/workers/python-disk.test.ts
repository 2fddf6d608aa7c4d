/** The files of a Python program: where they meet the library, which all calls of an isolate read, and when they move. */
import { describe, expect, it } from "vitest";
import { Disk } from "../../../src/tool/workers/code-executor/python/disk.ts";
import { LIBRARY_FILE, runPython } from "../../../src/tool/workers/code-executor/python/program.ts";
import { builtPython, testPace } from "./built.ts";
import { request, SMALL } from "./request.ts";

const BYTES = Uint8Array.from([1, 2, 3, 4]);

const diskWith = (scopes: readonly string[], library: Uint8Array): Disk =>
  new Disk({ files: [], access: "write", scopes, quota: SMALL }, [{ path: LIBRARY_FILE, bytes: library }]);

async function run(code: string, library: Uint8Array, scopes: readonly string[]) {
  const given = request({ language: "python", code }, {}, { scopes });
  const response = await runPython(given, { ...builtPython(), library, pace: testPace(0.1) });
  if (!response.ok) throw new Error(response.error.message);
  const { stdout, stderr, exit_code, value } = response.result as Record<string, unknown>; // the worker's own shape
  return { stdout, stderr, exit_code, value, changes: response.changes };
}

describe("the standard library in a scope of the tool", () => {
  for (const scope of ["/", "/lib", LIBRARY_FILE]) {
    for (const [deed, code] of [
      ["written", "open(L, 'r+b').write(b'x' * 100)"],
      ["emptied", "open(L, 'wb').close()"],
      ["appended to", "open(L, 'ab').write(b'x')"],
      ["cut", "os.truncate(L, 10)"],
      ["cut where it is open", "os.ftruncate(os.open(L, os.O_RDWR), 10)"],
      ["removed", "os.remove(L)"],
      ["moved", "os.rename(L, '/tmp/l')"],
      ["replaced", "open('/tmp/l', 'w').close()\nos.replace('/tmp/l', L)"],
    ] as const) {
      it(`is not ${deed}, with the scope ${scope}`, async () => {
        const library = builtPython().library.slice();
        const outcome = await run(`import os\nL = '${LIBRARY_FILE}'\n${code}`, library, [scope]);
        expect(outcome).toMatchObject({ exit_code: 1, stderr: expect.stringMatching(/PermissionError/) });
        expect(outcome.changes.filter(({ path }) => path === LIBRARY_FILE)).toEqual([]);
        expect(Buffer.compare(library, builtPython().library)).toBe(0);
      });
    }
  }

  it("is not moved with its folder, of which nothing moves then", () => {
    const disk = diskWith(["/"], BYTES.slice());
    disk.createFile("/lib/a");
    expect(() => disk.rename("/lib", "/elsewhere")).toThrow("EACCES");
    expect(disk.list("/lib").map(({ name }) => name)).toEqual(["a", "python314.zip"]);
    expect(disk.find("/elsewhere")).toBeUndefined();
  });

  it("is written by nobody, whatever was asked before", () => {
    const library = BYTES.slice();
    const disk = diskWith(["/"], library);
    const node = disk.find(LIBRARY_FILE);
    if (node?.kind !== "file") throw new Error("there is no library");
    expect(() => disk.write(node, 0, Uint8Array.from([9]))).toThrow("EACCES");
    expect(() => disk.resize(node, 1)).toThrow("EACCES");
    expect(library).toEqual(BYTES);
  });

  it("is said to be readable and not writable, and takes files beside it", async () => {
    const code = `import os\nopen('/lib/own.txt', 'w').write('1')\n[os.access('${LIBRARY_FILE}', m) for m in (os.R_OK, os.W_OK)]`;
    expect(await run(code, builtPython().library, ["/"])).toMatchObject({
      ...{ value: [true, false], exit_code: 0 },
      changes: [{ kind: "put", path: "/lib/own.txt", text: "1" }],
    });
  });
});

describe("a file that is moved", () => {
  const MIB = 1024 * 1024;
  const put = (disk: Disk, path: string, bytes: Uint8Array) => {
    const node = disk.createFile(path);
    disk.write(node, 0, bytes);
    return node;
  };
  const bytesOf = (disk: Disk, path: string): Uint8Array | null => {
    const node = disk.find(path);
    return node?.kind === "file" ? node.bytes.subarray(0, node.length) : null;
  };
  const small = (): Disk => diskWith(["/workspace"], BYTES);
  const fill = (disk: Disk): void => {
    for (let n = 0; n < 10; n++) put(disk, `/workspace/fill-${n}`, new Uint8Array(MIB));
  };

  it("takes the place of another, in a workspace without room for both", async () => {
    const code = `import os
open('big', 'wb').write(b'b' * 6 * 2**20)
open('target', 'w').write('before')
os.replace('big', 'target')
[os.path.getsize('target'), os.path.exists('big')]`;
    const outcome = await run(code, builtPython().library, ["/workspace"]);
    expect(outcome).toMatchObject({ stderr: "", value: [6 * MIB, false] });
    expect(outcome.changes).toMatchObject([{ kind: "put", path: "/workspace/target" }]);
  });

  it("moves in a workspace that is full to the last byte, alone and with its folder", () => {
    const disk = small();
    disk.createFolder("/workspace/d");
    fill(disk);
    disk.rename("/workspace/fill-0", "/workspace/d/moved");
    disk.rename("/workspace/d", "/workspace/e");
    expect(bytesOf(disk, "/workspace/e/moved")).toHaveLength(MIB);
    expect([disk.find("/workspace/d"), disk.find("/workspace/fill-0")]).toEqual([undefined, undefined]);
    expect(() => put(disk, "/workspace/more", BYTES)).toThrow("ENOSPC");
  });

  it("leaves both as they were when there is no room for it where it goes", () => {
    const disk = small();
    put(disk, "/tmp/new", new Uint8Array(2_000));
    put(disk, "/workspace/target", BYTES);
    for (let n = 0; n < 9; n++) put(disk, `/workspace/fill-${n}`, new Uint8Array(MIB));
    put(disk, "/workspace/rest", new Uint8Array(MIB - 1_000));
    expect(() => disk.rename("/tmp/new", "/workspace/target")).toThrow("ENOSPC");
    expect(bytesOf(disk, "/workspace/target")).toEqual(BYTES);
    expect(bytesOf(disk, "/tmp/new")).toHaveLength(2_000);
    put(disk, "/workspace/last", new Uint8Array(996));
    expect(() => put(disk, "/workspace/over", BYTES)).toThrow("ENOSPC");
  });

  it("leaves both as they were when it is larger than a file may be there", () => {
    const disk = small();
    put(disk, "/tmp/new", new Uint8Array(MIB + 1));
    put(disk, "/workspace/target", BYTES);
    expect(() => disk.rename("/tmp/new", "/workspace/target")).toThrow("EFBIG");
    expect([bytesOf(disk, "/workspace/target"), disk.list("/tmp").length]).toEqual([BYTES, 1]);
  });

  it("leaves both as they were when its new name is none", () => {
    const disk = small();
    put(disk, "/workspace/a", BYTES);
    expect(() => disk.rename("/workspace/a", `/workspace/${"x".repeat(300)}`)).toThrow("ENAMETOOLONG");
    expect(() => disk.rename("/workspace/a", "/workspace/none/b")).toThrow("ENOENT");
    expect(() => disk.rename("/workspace/a", "/etc")).toThrow("EACCES");
    expect(bytesOf(disk, "/workspace/a")).toEqual(BYTES);
  });

  it("counts where it is now, and gives back its room where it was", () => {
    const disk = small();
    put(disk, "/tmp/a", new Uint8Array(MIB));
    disk.rename("/tmp/a", "/workspace/a");
    expect([...disk.workspaceFiles()].map(({ path, node }) => [path, node.changed])).toEqual([["/workspace/a", true]]);
    for (let n = 0; n < 9; n++) put(disk, `/workspace/fill-${n}`, new Uint8Array(MIB));
    expect(() => put(disk, "/workspace/more", BYTES)).toThrow("ENOSPC");
    for (let n = 0; n < 8; n++) put(disk, `/tmp/fill-${n}`, new Uint8Array(MIB));
    expect(() => put(disk, "/tmp/more", BYTES)).toThrow("ENOSPC");
    disk.removeFile("/workspace/a");
    put(disk, "/workspace/again", new Uint8Array(MIB));
  });

  it("is the same file to whoever has it open", async () => {
    const code =
      "import os\nf = open('a', 'w')\nf.write('1')\nos.rename('a', 'b')\nf.write('2')\nf.close()\nopen('b').read()";
    expect(await run(code, builtPython().library, ["/workspace"])).toMatchObject({ stderr: "", value: "12" });
  });

  it("replaces an empty folder by a folder, and no other", () => {
    const disk = small();
    for (const folder of ["a", "b", "c"]) disk.createFolder(`/workspace/${folder}`);
    put(disk, "/workspace/a/f", BYTES);
    put(disk, "/workspace/c/f", BYTES);
    expect(() => disk.rename("/workspace/a", "/workspace/c")).toThrow("ENOTEMPTY");
    disk.rename("/workspace/a", "/workspace/b");
    expect(disk.list("/workspace").map(({ name }) => name)).toEqual(["b", "c"]);
    expect(bytesOf(disk, "/workspace/b/f")).toEqual(BYTES);
  });
});
