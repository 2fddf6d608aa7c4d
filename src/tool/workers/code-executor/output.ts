/** Standard output or error of one program, kept up to a limit. */
import { clipText, utf8Bytes } from "../clip.ts";
import { NOTE_BYTES_MAX, NOTES_BYTES_MAX, OUTPUT_BYTES_MAX } from "../limits.ts";

/** Around a text in JSON. They are none of its own bytes. */
const QUOTES_BYTES = 2;
/** As it will cost in the result: quotes, newlines and control characters take more than one byte. */
const jsonBytes = (text: string): number => utf8Bytes(JSON.stringify(text)) - QUOTES_BYTES;

export class Output {
  readonly #parts: string[] = [];
  #bytes = 0;
  #full = false;
  #noteBytes = 0;
  #isSilent = false;

  write(text: string): void {
    if (this.#full) return;
    const kept = clipText(text, OUTPUT_BYTES_MAX - this.#bytes + QUOTES_BYTES);
    this.#parts.push(kept);
    this.#bytes += jsonBytes(kept);
    this.#full = kept.length < text.length;
  }

  /**
   * What a program's end has to say comes through even when the program has filled its share. It may be as long as the
   * program likes, an error's message for one, and there may be one for each of its files: so it has a share too.
   */
  note(line: string): void {
    if (this.#noteBytes < NOTES_BYTES_MAX) this.#addNote(line);
    else if (!this.#isSilent) {
      this.#isSilent = true;
      this.#addNote("[more was to be said, and is left out]");
    }
  }

  #addNote(line: string): void {
    const head = clipText(line, NOTE_BYTES_MAX + QUOTES_BYTES);
    const kept = head === line ? line : `${head}\n[truncated: only the first ${NOTE_BYTES_MAX} bytes are kept]`;
    const text = this.toString();
    this.#noteBytes += jsonBytes(kept);
    this.#parts.push(`${text === "" || text.endsWith("\n") ? "" : "\n"}${kept}\n`);
  }

  toString(): string {
    const text = this.#parts.join("").toWellFormed();
    return this.#full ? `${text}\n[truncated: only the first ${OUTPUT_BYTES_MAX} bytes are kept]\n` : text;
  }
}
