/** The files of a Python program where they meet the standard library, which all calls of an isolate read. */
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
