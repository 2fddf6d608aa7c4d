/** Runs, from the request to the last event: how long each part takes beside a floor that does the least of the same. */

import type { Rig } from "./rig.ts";
import { inTurns, type Part, timed, toPart } from "./row.ts";

const TOOL_STEPS = [0, 1, 5, 20] as const;

/**
 * A few tenants in turn: each has isolates of its own for its tools, which stay warm, and a limit on its reads and on calls
 * of one tool at once, which is not what is measured.
 */
const TENANTS = 8;
/** Between two looks at a run that nobody reads. */
const LOOK_MS = 20;
/** Of accept, whose p99 is asked something of too: of 300 samples, which 30 rounds are with this, it is the third. */
const ACCEPTS = 10;
/** An object is closed some 10 s after its last request, which holds up whatever is measured at that moment. */
const CLOSED_MS = 12_000;
/** Until all of before are closed; a few rounds show no more than that it can be measured. */
const untilClosed = (rounds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, rounds < LONG_ROUNDS ? 0 : CLOSED_MS));
/** Before what only begins is measured. */
const WARM_RUNS = 3;
const WARM_TURNS = WARM_RUNS * TENANTS;
let turns = 0;
const tenantOf = (turn: number): string => `bench-${turn % TENANTS}`;
const nextTenant = (): string => tenantOf(turns++);

async function runToEnd({ product }: Rig, input: string, tenant = nextTenant()): Promise<void> {
  const events = await (await product.follow(await product.run("bench", { input }, tenant), tenant)).text();
  if (!events.includes("event: task.done")) throw new Error(`a run ended with ${events.slice(-500)}`);
}

const drain = async (response: Promise<Response>): Promise<void> => {
  const answer = await response;
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status}: ${text.slice(0, 300)}`);
};

/**
 * The same while nobody reads along: what a reader takes is measured by itself. Nothing is asked of the task before the model
 * was asked for the last time.
 */
async function runUnread({ model, product }: Rig, pack: string, tools: number, tenant = nextTenant()): Promise<void> {
  const lastTurn = model.asked() + tools + 1;
  const taskId = await product.run(pack, { input: `tools=${tools}` }, tenant);
  for (let left = 60_000; left > 0; left -= LOOK_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (model.asked() < lastTurn) continue;
    const { state } = await product.look(taskId, tenant);
    if (state === "done") return;
    if (state !== "running") break;
  }
  throw new Error(`a run ended ${JSON.stringify(await product.look(taskId, tenant))}`);
}

/** POST to 202, everything included, beside a new object that writes a row. */
export async function accept(rig: Rig, rounds: number): Promise<readonly Part[]> {
  const accepted = async (tenant: string): Promise<number> => {
    let taskId = "";
    const ms = await timed(async () => {
      taskId = await rig.product.run("bench", { input: "nothing" }, tenant);
    });
    await rig.product.finish(taskId, tenant); // or the rest of the run would meet the next sample
    return ms;
  };
  // A tenant's first task makes its index and its limiter, and enlists it: measured by itself. The first of a runtime compile.
  for (let turn = 0; turn < WARM_TURNS; turn++) {
    await drain(rig.floor.ask(`/object?name=warm-${turn}`, "row"));
    await accepted(tenantOf(turn));
  }
  const accepts = await inTurns(ACCEPTS * rounds, {
    "empty Worker": () => timed(() => drain(rig.floor.ask("/"))),
    "new object, one row": (round) => timed(() => drain(rig.floor.ask(`/object?name=accept-${round}`, "row"))),
    "POST to 202": () => accepted(nextTenant()),
  });
  // Apart, for they make more objects than one.
  await untilClosed(rounds);
  const others = await inTurns(rounds, {
    "POST to 202, a tenant's first": (round) => accepted(`accept-${round}`),
    "POST to the first event": async () => {
      const tenant = nextTenant();
      const started = performance.now();
      const events = await rig.product.follow(await rig.product.run("bench", { input: "nothing" }, tenant), tenant);
      return (await readUntil(events, "event: task.queued")).at - started;
    },
  });
  const floor = "new object, one row";
  const floors = { "POST to 202": floor, "POST to 202, a tenant's first": floor, "POST to the first event": floor };
  return [
    toPart("accept", { ...accepts, ...others }, { floors, bars: { "POST to 202": "1.5 x, tail no worse by a third" } }),
  ];
}

const PASSED = "bytes passed through";
const STORED = "stored by an object, passed on";
const DELTA = "text.delta";
const LAST_DELTA = "text.delta, the answer's end right behind it";

/** From the moment the model sends text to the moment a client reads it, and the bytes that carry it. */
export async function firstText(rig: Rig, rounds: number): Promise<readonly Part[]> {
  await untilClosed(rounds);
  const sizes: Record<string, number[]> = { [PASSED]: [], [DELTA]: [] };
  const fromRelease = async (name: string, sign: string, open: () => Promise<Response>): Promise<number> => {
    const gated = rig.model.gated();
    const response = await open();
    await gated;
    const released = performance.now();
    rig.model.release();
    const { at, frame } = await readUntil(response, sign, rig.model.release);
    sizes[name]?.push(Buffer.byteLength(frame));
    return at - released;
  };
  const passed = (name: string, path: string) => (): Promise<number> =>
    fromRelease(name, '"content":"done"', () => rig.floor.ask(path, "gated open-ended"));
  const event = (name: string, input: string) => async (): Promise<number> => {
    const tenant = nextTenant();
    const gated = rig.model.gated();
    const taskId = await rig.product.run("bench", { input }, tenant);
    await gated;
    return fromRelease(name, "event: text.delta", () => rig.product.follow(taskId, tenant));
  };
  const samples = await inTurns(rounds, {
    [PASSED]: passed(PASSED, "/pass"),
    [STORED]: passed(STORED, "/relay?name=relay"),
    [DELTA]: event(DELTA, "gated open-ended"),
    [LAST_DELTA]: event(LAST_DELTA, "gated"),
  });
  const floors = { [STORED]: PASSED, [DELTA]: PASSED, [LAST_DELTA]: PASSED };
  return [
    toPart("first text", samples, { floors, bars: { [DELTA]: "+2 ms" } }),
    toPart("first text, size", sizes, { unit: "bytes", floors, bars: { [DELTA]: "1.3 x" } }),
  ];
}

/** Reads to the end. @returns when `sign` was there, and the frame that has it. @param seen called at that moment. */
async function readUntil(
  response: Response,
  sign: string,
  seen: () => void = () => undefined,
): Promise<{ readonly at: number; readonly frame: string }> {
  const decoder = new TextDecoder();
  let [text, at] = ["", Number.NaN];
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (!Number.isNaN(at) || !text.includes(sign)) continue;
    at = performance.now();
    seen();
  }
  return { at, frame: text.split("\n\n").find((frame) => frame.includes(sign)) ?? "" };
}

/** Queued to done with so many steps that each call a tool, beside the same calls and rows on a bare object. */
export async function steps(rig: Rig, rounds: number): Promise<readonly Part[]> {
  const floorOf = (tools: number) => (round: number) =>
    timed(() => drain(rig.floor.ask(`/steps?tools=${tools}&name=steps-${tools}-${round}`)));
  const subjects: Record<string, (round: number) => Promise<number>> = {
    "bare SDK call": () => timed(() => drain(rig.floor.ask("/model"))),
  };
  for (const tools of TOOL_STEPS) {
    subjects[`floor, ${tools} tool steps`] = floorOf(tools);
    subjects[`run, ${tools} tool steps`] = () => timed(() => runToEnd(rig, `tools=${tools}`));
  }
  const measured = await inTurns(rounds, subjects);
  const samples = { ...measured, ...moreOf(measured, "floor"), ...moreOf(measured, "run") };
  const floors = {
    ...Object.fromEntries(TOOL_STEPS.map((n) => [`run, ${n} tool steps`, `floor, ${n} tool steps`])),
    "floor, a step more": "bare SDK call",
    "run, a step more": "bare SDK call",
  };
  return [toPart("queued to done", samples, { floors }), ...(await stepCpu(rig, rounds))];
}

/** What one more step takes, from the longest run and the one without any of the same round. */
function moreOf(samples: Readonly<Record<string, readonly number[]>>, subject: string): Record<string, number[]> {
  const most = Math.max(...TOOL_STEPS);
  const without = samples[`${subject}, 0 tool steps`] ?? [];
  const all = samples[`${subject}, ${most} tool steps`] ?? [];
  return { [`${subject}, a step more`]: all.map((ms, round) => (ms - (without[round] ?? 0)) / most) };
}

const FLOOR = "floor, a tool step";
/** One of the pack, which returns a constant: in an engine of its own inside the isolate. */
const OWN = "a step with a pack's own tool";
const OWN_OF_ALL = `the same, of ${TENANTS} tenants in turn`;
/** One isolate for all calls, as the floor has one. Eight of them, each with its memory, do not stay in the processor's caches. */
const ONE = "bench-cpu";
const CPU_RUNS = 5;
const CPU_STEPS = 20;
/** Of measurements that each take many runs. */
const LONG_ROUNDS = 9;

/** CPU of the whole runtime for one more step with a tool, while nobody reads along. */
async function stepCpu(rig: Rig, rounds: number): Promise<readonly Part[]> {
  if ((await rig.product.cpuMs()) === null) return [];
  const perStep = (cpuMs: () => Promise<number | null>, run: (tools: number) => Promise<unknown>) => async () => {
    const spent = async (tools: number): Promise<number> => {
      const before = await cpuMs();
      for (let n = 0; n < CPU_RUNS; n++) await run(tools);
      return Number(await cpuMs()) - Number(before);
    };
    const without = await spent(0);
    return ((await spent(CPU_STEPS)) - without) / (CPU_RUNS * CPU_STEPS);
  };
  // The other two were warmed by what was measured before; a tool's first calls in an isolate are `tool start`.
  for (let turn = 0; turn < WARM_TURNS; turn++) await runUnread(rig, "own", CPU_STEPS, tenantOf(turn));
  for (const pack of ["bench", "own"]) for (let n = 0; n < WARM_RUNS; n++) await runUnread(rig, pack, CPU_STEPS, ONE);
  let names = 0;
  const floor = (call: string) => (tools: number) =>
    drain(rig.floor.ask(`/steps?tools=${tools}&call=${call}&name=cpu-${++names}`));
  const samples = await inTurns(rounds, {
    [FLOOR]: perStep(rig.floor.cpuMs, floor("SDK")),
    "floor, a tool step without the SDK": perStep(rig.floor.cpuMs, floor("request")),
    "a tool step": perStep(rig.product.cpuMs, (n) => runUnread(rig, "bench", n, ONE)),
    [OWN]: perStep(rig.product.cpuMs, (n) => runUnread(rig, "own", n, ONE)),
    [OWN_OF_ALL]: perStep(rig.product.cpuMs, (n) => runUnread(rig, "own", n)),
  });
  const floors = { "a tool step": FLOOR, [OWN]: FLOOR, [OWN_OF_ALL]: FLOOR };
  return [toPart("CPU", samples, { unit: "ms CPU", floors, bars: { [OWN]: "1.4 x" } })];
}

/** In one request, as the floor is asked: its answer is the end of the run. */
async function runAndWait({ product }: Rig, input: string): Promise<void> {
  const headers = { "x-tenant-id": nextTenant(), "x-idempotency-key": crypto.randomUUID(), prefer: "wait=30" };
  const answer = await product.ask("/api/v1/agents/bench/run", { body: { input }, headers });
  const task: unknown = await answer.json();
  if (Reflect.get(Object(task), "state") !== "done") throw new Error(`a run ended with ${JSON.stringify(task)}`);
}

/** Runs at once. */
const [FEW, MANY] = [16, 64];

/** Runs a second with five tool steps each, so many at once. */
export async function throughput(rig: Rig, rounds: number): Promise<readonly Part[]> {
  const parts: Part[] = [];
  let names = 0;
  for (const atOnce of [FEW, MANY]) {
    const total = atOnce * 2;
    const perSecond = (run: () => Promise<unknown>) => async (): Promise<number> => {
      let left = total;
      const work = async (): Promise<void> => {
        while (left-- > 0) await run();
      };
      return (total * 1_000) / (await timed(() => Promise.all(Array.from({ length: atOnce }, work))));
    };
    const [floor, subject] = [`floor, ${atOnce} at once`, `runs, ${atOnce} at once`];
    const read = `${subject}, each read along`;
    // A round differs from the next by a tenth: a bar takes as many as there are.
    const count = Math.ceil((rounds * FEW) / atOnce);
    await untilClosed(rounds);
    const samples = {
      ...(await inTurns(count, {
        [floor]: perSecond(() => drain(rig.floor.ask(`/steps?tools=5&name=throughput-${++names}`))),
        [subject]: perSecond(() => runAndWait(rig, "tools=5")),
      })),
      // Apart, or the objects of these would be closed while the others are measured, and the floor has none of them.
      ...(await inTurns(Math.min(count, LONG_ROUNDS), { [read]: perSecond(() => runToEnd(rig, "tools=5")) })),
    };
    const floors = { [subject]: floor, [read]: floor };
    const bars = atOnce === FEW ? { [subject]: "at least 0.7 x" } : {};
    parts.push(toPart("throughput, 5 tool steps", samples, { unit: "runs/s", floors, bars }));
  }
  return parts;
}

const READERS = 100;
/** As a run sends them: a text in pieces, then the whole of it in its last event. */
const PIECES = 100;
const PIECE_BYTES = 2_140;
const LAST_BYTES = 206_000;

/** All readers from the first byte to the last, beside an object that enqueues as many bytes in as many pieces. */
export async function fanOut(rig: Rig, rounds: number): Promise<readonly Part[]> {
  const readers = Array.from({ length: READERS });
  const sizes = [...Array<number>(PIECES).fill(PIECE_BYTES), LAST_BYTES];
  const publish = `&bytes=${sizes.join("&bytes=")}`;
  const samples = await inTurns(rounds, {
    "raw enqueue, 100 readers": async (round) => {
      const open = await Promise.all(readers.map(() => rig.floor.ask(`/subscribe?name=fan-${round}`)));
      return timed(() => {
        const published = drain(rig.floor.ask(`/publish?name=fan-${round}${publish}`));
        return Promise.all([...open.map((one) => one.text()), published]);
      });
    },
    "events, 100 readers": async () => {
      const tenant = nextTenant();
      const gated = rig.model.gated();
      const taskId = await rig.product.run("bench", { input: `gated pieces=${PIECES}` }, tenant);
      const open = await Promise.all(readers.map(() => rig.product.follow(taskId, tenant)));
      await gated;
      let texts: readonly string[] = [];
      const ms = await timed(async () => {
        rig.model.release();
        texts = await Promise.all(open.map((one) => one.text()));
      });
      const isWhole = (text: string): boolean =>
        text.length > PIECES * PIECE_BYTES && text.includes("event: task.done");
      if (!texts.every(isWhole)) throw new Error(`a reader did not have all of it: ${texts[0]?.slice(-300)}`);
      return ms;
    },
  });
  const floors = { "events, 100 readers": "raw enqueue, 100 readers" };
  return [toPart("fan-out", samples, { floors, bars: { "events, 100 readers": "1.5 x" } })];
}

/** After whatever ran before. */
export async function memory(rig: Rig): Promise<readonly Part[]> {
  const [floor, product] = await Promise.all([rig.floor.memoryMb(), rig.product.memoryMb()]);
  if (floor === null || product === null) return [];
  const floors = { "the Worker's runtime": "the floors' runtime" };
  return [
    toPart("memory", { "the floors' runtime": [floor], "the Worker's runtime": [product] }, { unit: "MB", floors }),
  ];
}
