/** What each kind of output makes of words that steer a terminal, and that JSON stays the document it was. */
import { describe, expect, it } from "vitest";
import { serverError } from "../../src/cli/exit.ts";
import { createOutput, textFor } from "../../src/cli/output.ts";

/** An escape sequence, its 8-bit form, and a turn of the direction of what is read. */
const STEERS = "a\u001b[2J\u009b31m\u202eb";
const SHOWN = "a\ufffd[2J\ufffd31m\ufffdb";

function outputOn(options: { readonly isTTY: boolean; readonly json: boolean }) {
  const written = { stdout: "", stderr: "" };
  const streamOf = (name: keyof typeof written) => ({
    isTTY: options.isTTY,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const output = createOutput({
    json: options.json,
    colour: false,
    stdout: streamOf("stdout"),
    stderr: streamOf("stderr"),
  });
  return { output, written };
}

const refused = serverError({ status: 400, code: `C${STEERS}`, message: STEERS, traceId: STEERS });

describe("JSON on a terminal", () => {
  const kinds: readonly (readonly [string, (output: ReturnType<typeof createOutput>) => void, unknown])[] = [
    ["an answer", (output) => output.result({ text: STEERS }, () => ""), { text: STEERS }],
    ["an event of a stream", (output) => output.streamed({ text: STEERS }), { text: STEERS }],
    ["a verdict of the firewall", (output) => output.lines([{ text: STEERS }]), { text: STEERS }],
    ["a failure", (output) => output.failure(refused), { ok: false, error: refused.failure }],
  ];
  for (const [name, print, document] of kinds) {
    it(`has no character that steers it, and is the same document: ${name}`, () => {
      const { output, written } = outputOn({ isTTY: true, json: true });
      print(output);
      expect(written.stdout).toMatch(/^[ -~]+\n$/);
      expect(JSON.parse(written.stdout)).toEqual(document);
    });
  }

  it("is written as it is into a pipe", () => {
    const { output, written } = outputOn({ isTTY: false, json: true });
    output.lines([{ text: "ä\u009b" }, 2]);
    expect(written.stdout).toBe('{"text":"ä\u009b"}\n2\n');
  });
});

describe("a failure as text", () => {
  it("shows what would steer the terminal, in its code, message, trace and hint", () => {
    const { output, written } = outputOn({ isTTY: true, json: false });
    output.failure(refused);
    output.failure(Object.assign(refused, { failure: { ...refused.failure, hint: STEERS } }));
    const line = `error C${SHOWN}: ${SHOWN} (trace ${SHOWN})\n`;
    expect(written.stderr).toBe(`${line}${line}hint ${SHOWN}\n`);
  });
});

describe("a text", () => {
  it("is shown on a terminal, and goes byte for byte into a pipe", () => {
    const write = () => {};
    expect([textFor({ isTTY: true, write }, STEERS), textFor({ write }, STEERS)]).toEqual([SHOWN, STEERS]);
  });
});
