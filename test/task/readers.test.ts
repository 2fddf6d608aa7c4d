/**
 * Readers of a task against a model, from one seed each: a disk that takes its time, text that is held back, readers that come at
 * any moment and anywhere, read fast or slowly, and leave. Each is sent every event once, in order, none before it is durable, and
 * its end.
 */
import { expect, it } from "vitest";
import { Delivery } from "../../src/task/delivery.ts";
import { encodeFrames, framesBetween } from "../../src/task/journal/frames.ts";
import { StreamHub } from "../../src/task/stream.ts";

const SEEDS = 100;

/** Mulberry32. @returns whole numbers below `n`. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const seqsOf = (frames: string): number[] => [...frames.matchAll(/^id: (\d+)$/gm)].map(([, seq]) => Number(seq));

type Reader = {
  readonly after: number;
  readonly isSlow: boolean;
  readonly stream: ReadableStreamDefaultReader<Uint8Array>;
  got: string;
  isReading: boolean;
  isOver: boolean;
  hasLeft: boolean;
};

class World {
  readonly wrong: string[] = [];
  readonly readers: Reader[] = [];
  readonly #roll: (n: number) => number;
  readonly #batches: { readonly lastSeq: number; readonly frames: string }[] = [];
  readonly #writes: { readonly upTo: number; readonly resolve: () => void }[] = [];
  readonly #charsMax: number;
  #lastSeq = 0;
  #durable = 0;
  #isHeld = false;
  #hasEnded = false;
  readonly #hub: StreamHub;
  readonly #delivery: Delivery;

  constructor(roll: (n: number) => number) {
    this.#roll = roll;
    // In one of four worlds readers lag behind.
    this.#charsMax = roll(4) === 0 ? 400_000 : 3;
    const hasEnded = (): boolean => this.#hasEnded;
    const framesAfter = this.#framesAfter.bind(this);
    this.#hub = new StreamHub({ framesAfter, lastSeq: () => this.#lastSeq, isStill: hasEnded, hasEnded }, 0);
    this.#hub.onArrival(() => {
      if (this.#isHeld) this.commit(1);
    });
    const sync = (): Promise<void> => new Promise((resolve) => this.#writes.push({ upTo: this.#lastSeq, resolve }));
    this.#delivery = new Delivery({ hub: this.#hub, sync, background: () => undefined });
  }

  get log(): string {
    return this.#batches.map(({ frames }) => frames).join("");
  }

  #framesAfter(after: number, upTo: number, chars: number) {
    let [frames, lastSeq] = ["", after];
    for (const batch of this.#batches.filter((one) => one.lastSeq > after)) {
      if (lastSeq >= upTo || frames.length >= chars) break;
      frames += framesBetween(batch.frames, lastSeq, upTo);
      lastSeq = Math.min(batch.lastSeq, upTo);
    }
    return lastSeq === after ? null : { lastSeq, frames };
  }

  commit(count: number): void {
    this.#isHeld = false;
    const text = (): string => "x".repeat(this.#roll(this.#charsMax));
    const events = Array.from({ length: count }, () => ({ type: "text.delta" as const, data: { text: text() } }));
    const frames = encodeFrames(events, this.#lastSeq + 1, 0);
    this.#lastSeq += count;
    this.#batches.push({ lastSeq: this.#lastSeq, frames });
    this.#delivery.add({ lastSeq: this.#lastSeq, frames });
  }

  #follow(): void {
    const after = this.#roll(this.#lastSeq + 1);
    const followed = this.#delivery.follow(after);
    if (followed === null) return;
    const state = { got: "", isReading: false, isOver: false, hasLeft: false };
    this.readers.push({ after, isSlow: this.#roll(3) === 0, stream: followed.stream.getReader(), ...state });
  }

  #write(): boolean {
    const [write] = this.#writes.splice(0, 1);
    this.#durable = Math.max(this.#durable, write?.upTo ?? 0);
    write?.resolve();
    return write !== undefined;
  }

  #read(reader: Reader): void {
    if (reader.isReading || reader.isOver || reader.hasLeft) return;
    reader.isReading = true;
    void reader.stream.read().then(({ value, done }) => {
      reader.isReading = false;
      reader.isOver = done;
      const text = new TextDecoder().decode(value).replaceAll(": ping\n\n", "");
      reader.got += text;
      if (seqsOf(text).some((seq) => seq > this.#durable)) this.wrong.push("sent before it was durable");
    });
  }

  #leave(reader: Reader | undefined): void {
    if (reader === undefined) return;
    reader.hasLeft = true;
    void reader.stream.cancel();
  }

  async act(): Promise<void> {
    const deeds = [
      () => this.commit(1 + this.#roll(3)),
      () => {
        if (this.#hub.isThere) this.commit(1);
        else this.#isHeld = true;
      },
      () => this.#follow(),
      () => this.#write(),
      () => this.#write(),
      () => this.#leave(this.readers[this.#roll(3 * this.readers.length)]),
      () => this.readers.filter(({ isSlow }) => !isSlow || this.#roll(4) === 0).forEach((one) => void this.#read(one)),
    ];
    deeds[this.#roll(deeds.length)]?.();
    await [undefined, Promise.resolve(), macrotask()][this.#roll(3)];
  }

  /** Everything that is under way comes to its end. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 20; ) {
      const before = this.readers.map(({ got }) => got.length).join();
      const hasWritten = this.#write();
      for (const reader of this.readers) this.#read(reader);
      await macrotask();
      quiet = hasWritten || before !== this.readers.map(({ got }) => got.length).join() ? 0 : quiet + 1;
    }
  }

  end(): void {
    this.#hasEnded = true;
    this.commit(1);
  }
}

it(`sends each reader all of it, in ${SEEDS} worlds`, async () => {
  const wrong: string[] = [];
  let read = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const roll = dice(seed);
    const world = new World(roll);
    for (let left = 10 + roll(60); left > 0; left--) await world.act();
    await world.settle();
    const missing = (reader: Reader): boolean =>
      !reader.hasLeft && reader.got !== framesBetween(world.log, reader.after, Number.POSITIVE_INFINITY);
    if (world.readers.some(missing)) world.wrong.push("a reader stalls");
    world.end();
    await world.settle();
    if (world.readers.some(missing)) world.wrong.push("a reader has not all of it");
    if (world.readers.some(({ hasLeft, isOver }) => !hasLeft && !isOver)) world.wrong.push("a stream does not end");
    wrong.push(...world.wrong.map((what) => `seed ${seed}: ${what}`));
    read += world.readers.filter(({ hasLeft }) => !hasLeft).length;
  }
  expect(wrong).toEqual([]);
  // Or nobody was there to see it.
  expect(read).toBeGreaterThan(SEEDS);
});
