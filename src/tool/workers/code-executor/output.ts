/** Standard output or error of one program, kept up to a limit. */
import { OUTPUT_BYTES_MAX } from "../limits.ts";

const encoder = new TextEncoder();
/** As it will cost in the result: quotes, newlines and control characters take more than one byte. */
const jsonBytes = (text: string): number => encoder.encode(JSON.stringify(text)).byteLength - 2;

export class Output {
  readonly #parts: string[] = [];
  #bytes = 0;
  #full = false;

  write(text: string): void {
    if (this.#full) return;
    let kept = text.slice(0, OUTPUT_BYTES_MAX - this.#bytes);
    while (jsonBytes(kept) > OUTPUT_BYTES_MAX - this.#bytes) kept = kept.slice(0, Math.floor(kept.length / 2));
    this.#parts.push(kept);
    this.#bytes += jsonBytes(kept);
    this.#full = kept.length < text.length;
  }

  /** What a program's end has to say comes through even when the program has filled its share. */
  note(line: string): void {
    const text = this.toString();
    this.#parts.push(`${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`);
  }

  toString(): string {
    const text = this.#parts.join("").toWellFormed();
    return this.#full ? `${text}\n[truncated: only the first ${OUTPUT_BYTES_MAX} bytes are kept]\n` : text;
  }
}
