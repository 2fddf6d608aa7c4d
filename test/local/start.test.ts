/** `npm start` as a command: what it says to words it does not take. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const START = join(import.meta.dirname, "../../src/local/start.ts");

for (const words of [["--port", "9000"], ["--help"]]) {
  it(`refuses ${words.join(" ")} and says where its settings stand, instead of starting without them`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [START, ...words], { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(words.join(" "));
    expect(stderr).toContain("PORT=9000 npm start");
  });
}
