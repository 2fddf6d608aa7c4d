/**
 * The objects of a world, each with its storage, its one instance and its alarm, and the calls between them. An instance
 * is made when it is needed and gone when it dies; whoever waits for its answer hears that it was reset. An alarm whose
 * handler broke off comes again, as on the platform.
 */
import { type Fate, Life } from "./life.ts";
import type { Simulation } from "./simulation.ts";
import { type Fullness, Store, toStorage } from "./storage.ts";

/** What the platform says of a call that it broke off; `retryable` and `overloaded` are its own marks. */
export class Broken extends Error {
  readonly retryable: boolean;
  readonly overloaded: boolean;
  constructor(message: string, marks: { readonly retryable?: boolean; readonly overloaded?: boolean } = {}) {
    super(message);
    this.retryable = marks.retryable ?? false;
    this.overloaded = marks.overloaded ?? false;
  }
}

type Instance = { alarm?(info?: AlarmInvocationInfo): void | Promise<void> };
export type Maker = (ctx: DurableObjectState, life: Life, id: string) => Instance;

type Host = {
  readonly name: string;
  readonly id: string;
  readonly store: Store;
  readonly make: Maker;
  life: Life | null;
  instance: Instance | null;
  /** How far its machine's clock is ahead. */
  readonly skewMs: number;
  /** The alarm that a happening is on its way for. */
  armedAt: number | null;
  isRinging: boolean;
  failures: number;
};

/** How a call fares on its way; the world's faults decide. */
export type Passage = "through" | "reset" | "overloaded" | "answer_lost";
export type Traffic = {
  readonly passage: (from: string, to: string, method: string) => Passage;
  /** Milliseconds that an alarm is late; null: it is lost. */
  readonly alarmDelayMs: (name: string) => number | null;
  readonly skewMs: () => number;
  readonly isAlarmTwice: (name: string) => boolean;
  readonly isFull: (name: string) => Fullness;
};

/** The platform's first delay before a broken alarm is repeated; doubled each time, six times. */
const ALARM_RETRY_MS = 2_000;
const ALARM_RETRIES = 6;

export class Objects {
  readonly #simulation: Simulation;
  readonly #makers: Readonly<Record<string, Maker>>;
  readonly #fate: Fate;
  readonly #traffic: Traffic;
  readonly #hosts = new Map<string, Host>();

  constructor(options: {
    readonly simulation: Simulation;
    readonly makers: Readonly<Record<string, Maker>>;
    readonly fate: Fate;
    readonly traffic: Traffic;
  }) {
    this.#simulation = options.simulation;
    this.#makers = options.makers;
    this.#fate = options.fate;
    this.#traffic = options.traffic;
  }

  /** Names of the objects of a class, as far as anybody called them. */
  idsOf(kind: string): string[] {
    return [...this.#hosts.values()].filter(({ name }) => name.startsWith(`${kind}/`)).map(({ id }) => id);
  }

  store(kind: string, id: string): Store {
    return this.#host(kind, id).store;
  }

  lifeOf(kind: string, id: string): Life | null {
    return this.#host(kind, id).life;
  }

  /** The instance dies where it stands; its storage stays. */
  evict(kind: string, id: string): boolean {
    const { life } = this.#host(kind, id);
    if (life === null) return false;
    life.die();
    return true;
  }

  /** A second instance will answer from now on, while this one stalls, and then goes on without its storage. */
  split(kind: string, id: string, stallMs: number): boolean {
    const host = this.#host(kind, id);
    if (host.life === null) return false;
    host.life.supersede(this.#simulation.now + stallMs);
    host.life = null;
    host.instance = null;
    // A handler that the platform has lost sight of did not succeed.
    if (host.isRinging) {
      host.isRinging = false;
      this.#again(host);
    }
    return true;
  }

  /** Calls a method from a life, as over the network: arguments and answer are copies. */
  call<T>(from: Life, kind: string, id: string, method: string, args: readonly unknown[]): Promise<T> {
    const passage = this.#traffic.passage(from.name, `${kind}/${id}`, method);
    return from.ask(`${kind}.${method}`, async () => {
      const host = this.#host(kind, id);
      if (passage === "overloaded") throw new Broken("the object is overloaded", { overloaded: true });
      if (passage === "reset") {
        host.life?.die();
        throw new Broken("Durable Object reset because its code was updated.", { retryable: true });
      }
      const value = await this.#enter<T>(host, method, args);
      if (passage === "answer_lost") throw new Broken("Network connection lost.", { retryable: true });
      return value;
    });
  }

  /** What a reader may do without being part of the world: the answer comes at once, and nothing else moves. */
  async look<T>(kind: string, id: string, method: string, args: readonly unknown[] = []): Promise<T> {
    const { instance } = this.#awake(this.#host(kind, id));
    const call: unknown = Reflect.get(instance, method);
    if (typeof call !== "function") throw new Error(`${kind} has no ${method}`);
    return call.apply(instance, [...args]);
  }

  async #enter<T>(host: Host, method: string, args: readonly unknown[]): Promise<T> {
    const { life, instance } = this.#awake(host);
    const broken = Promise.withResolvers<never>();
    const forget = life.onDeath(() => broken.reject(new Broken("Durable Object reset.", { retryable: true })));
    try {
      life.touch();
      const call: unknown = Reflect.get(instance, method);
      if (typeof call !== "function") throw new Error(`${host.name} has no ${method}`);
      const answer: T | Promise<T> = call.apply(instance, copied(args));
      const value = await Promise.race([answer, broken.promise]);
      // The output gate: nobody hears of what is not written.
      await Promise.race([new Promise<void>((leave) => life.send("answer", leave)), broken.promise]);
      return copied(value);
    } finally {
      forget();
      this.#follow(host);
    }
  }

  #awake(host: Host): { readonly life: Life; readonly instance: Instance } {
    if (host.life !== null && !host.life.isDead && host.instance !== null)
      return { life: host.life, instance: host.instance };
    const { name, id, store } = host;
    const { skewMs } = host;
    const life = new Life({ name, simulation: this.#simulation, draft: store, fate: this.#fate, skewMs });
    host.life = life;
    const storage = toStorage(
      store,
      () => {
        life.assertAlive();
        life.touch();
      },
      this.#traffic.isFull(name),
    );
    const ctx = {
      storage: Object.assign(storage, { sync: () => new Promise<void>((done) => life.send("sync", done)) }),
      waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined),
    };
    // Nothing else of the state is used by the rooms.
    host.instance = host.make(ctx as unknown as DurableObjectState, life, id);
    life.onDeath(() => this.#mourn(host, life));
    return { life, instance: host.instance };
  }

  #mourn(host: Host, life: Life): void {
    if (host.life !== life) return;
    host.life = null;
    host.instance = null;
    if (host.isRinging) {
      host.isRinging = false;
      this.#again(host);
    } else this.#follow(host);
  }

  /** A handler broke off: the same alarm once more, unless another one was set meanwhile. */
  #again(host: Host): void {
    if (host.store.alarm !== null) {
      host.failures = 0; // they were those of the alarm that it took the place of
      this.#follow(host);
      return;
    }
    host.failures += 1;
    if (host.failures > ALARM_RETRIES) return;
    const at = this.#simulation.now + host.skewMs + ALARM_RETRY_MS * 2 ** (host.failures - 1);
    host.store.alarm = at;
    host.store.keep();
    this.#follow(host);
  }

  /** Sees to it that somebody rings when the alarm is due. */
  #follow(host: Host): void {
    // Looked at when the turn is over: until then the alarm may still be another one.
    this.#simulation.touch({
      settle: () => {
        const at = host.store.isOpen ? null : host.store.alarm;
        if (at === null || at === host.armedAt || host.isRinging) return;
        host.armedAt = at;
        const late = this.#traffic.alarmDelayMs(host.name);
        if (late === null) {
          host.store.alarm = null;
          host.store.keep();
          host.armedAt = null;
          return;
        }
        this.#simulation.schedule(at - host.skewMs - this.#simulation.now + late, () => this.#ring(host, at));
      },
    });
  }

  #ring(host: Host, at: number): void {
    if (host.armedAt === at) host.armedAt = null;
    if (host.isRinging || host.store.alarm !== at) {
      this.#follow(host);
      return;
    }
    host.store.alarm = null;
    host.store.keep();
    const { life, instance } = this.#awake(host);
    host.isRinging = true;
    life.resume("alarm", () => {
      const info = { isRetry: host.failures > 0, retryCount: host.failures, scheduledTime: at };
      const work = Promise.resolve(instance.alarm?.(info));
      work.then(
        // The platform counts an alarm as done when what its handler wrote is in.
        () => life.send("rung", () => this.#rung(host, life, true)),
        () => this.#rung(host, life, false),
      );
    });
    this.#follow(host);
  }

  #rung(host: Host, life: Life, isWell: boolean): void {
    if (host.life !== life || life.isDead) return;
    host.isRinging = false;
    if (!isWell) {
      this.#again(host);
      return;
    }
    host.failures = 0;
    if (this.#traffic.isAlarmTwice(host.name) && host.store.alarm === null) {
      host.store.alarm = this.#simulation.now + host.skewMs;
      life.touch();
    }
    this.#follow(host);
  }

  #host(kind: string, id: string): Host {
    const name = `${kind}/${id}`;
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const make = this.#makers[kind];
    if (make === undefined) throw new Error(`there are no objects of the kind ${kind}`);
    const host: Host = {
      ...{ name, id, store: new Store(), make, life: null, instance: null, skewMs: this.#traffic.skewMs() },
      ...{ armedAt: null, isRinging: false, failures: 0 },
    };
    host.store.onKeep = () => this.#follow(host);
    this.#hosts.set(name, host);
    return host;
  }

  close(): void {
    for (const { store } of this.#hosts.values()) store.database.close();
  }
}

/** Streams, functions and errors go as they are; everything else as the platform copies it. */
function copied<T>(value: T): T {
  if (value instanceof ReadableStream || typeof value === "function") return value;
  if (Array.isArray(value) && value.some((one) => typeof one === "function")) return value;
  return copiedData(value) as T;
}

/** Plain data by hand: the platform's own copying was a twentieth of a world's time. */
function copiedData(value: unknown): unknown {
  if (typeof value === "function") throw new TypeError("a function is no data");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copiedData);
  if (Object.getPrototypeOf(value) !== Object.prototype) return structuredClone(value);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copiedData(member)]));
}
