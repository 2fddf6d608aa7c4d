/**
 * Text of a running turn on its way to storage and readers. The first piece goes at once; later ones are gathered
 * for TEXT_FLUSH_MS or TEXT_FLUSH_CHARS, so that a fast model does not cost a row per token, and one that sends its answer at
 * once does not cost a row per 2 KB. While nobody reads along all of it waits for the turn's own row.
 */
import { Canceller, type Clock } from "../../platform/index.ts";
import { TEXT_FLUSH_CHARS, TEXT_FLUSH_MS, TEXT_FLUSH_MS_MIN, TEXT_HELD_CHARS_MAX } from "../limits.ts";
import type { Audience } from "../stream.ts";

export class TextBuffer {
  readonly #clock: Clock;
  readonly #audience: Pick<Audience, "isThere">;
  readonly #write: (text: string) => void;
  #text = "";
  #hasWritten = false;
  #writtenAt = 0;
  #timer: Canceller | null = null;

  /** @param write stores and sends one piece. */
  constructor(clock: Clock, audience: Pick<Audience, "isThere">, write: (text: string) => void) {
    this.#clock = clock;
    this.#audience = audience;
    this.#write = write;
  }

  /** Whether anything was written since the start or the last reset. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  push(text: string): void {
    this.#text += text;
    if (!this.#audience.isThere) return;
    if (!this.#hasWritten || this.#isEnough()) {
      this.flush();
      return;
    }
    if (this.#timer !== null) return;
    const timer = new Canceller();
    this.#timer = timer;
    this.#clock.sleep(TEXT_FLUSH_MS, timer.signal).then(
      () => this.flush(),
      () => undefined, // Flushed or reset before its time.
    );
  }

  #isEnough(): boolean {
    const { length } = this.#text;
    if (length < TEXT_FLUSH_CHARS) return false;
    return length >= TEXT_HELD_CHARS_MAX || this.#clock.now() - this.#writtenAt >= TEXT_FLUSH_MS_MIN;
  }

  flush(): void {
    this.#stopTimer();
    const text = this.take();
    if (text === "") return;
    this.#hasWritten = true;
    this.#writtenAt = this.#clock.now();
    this.#write(text);
  }

  /** What is not written yet, taken out: the last piece rides in the commit of the finished turn. */
  take(): string {
    this.#stopTimer();
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** Everything so far is void. */
  reset(): void {
    this.take();
    this.#hasWritten = false;
  }

  #stopTimer(): void {
    this.#timer?.abort();
    this.#timer = null;
  }
}
