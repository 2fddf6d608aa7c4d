/** When the one alarm of a task's object is set, and when it need not be. */
import { describe, expect, it } from "vitest";
import { createLog } from "../../src/platform/index.ts";
import { TaskAlarm } from "../../src/task/alarm.ts";
import { ALARM_LATE_MS, FAULT_RETRY_MS } from "../../src/task/limits.ts";

function setUp() {
  const said: (number | "none")[] = [];
  const storage = {
    setAlarm: async (at: number | Date) => void said.push(Number(at)),
    deleteAlarm: async () => void said.push("none"),
  };
  let now = 0;
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const lines: unknown[] = [];
  const log = createLog({}, (_, line) => void lines.push(JSON.parse(line)));
  const alarm = new TaskAlarm({ storage, background: () => undefined, clock, log: () => log });
  const move = (to: number): void => {
    now = to;
  };
  /** What was asked of the storage since the last look. */
  return { alarm, move, lines, said: () => said.splice(0) };
}

describe("the alarm of a task's object", () => {
  it("is set to the earliest due time, once", () => {
    const { alarm, said } = setUp();
    alarm.arm({ retention: 9_000, lease: 5_000 });
    alarm.arm({ retention: 8_000, lease: 5_000 });
    expect(said()).toEqual([5_000]);
    alarm.arm({ retention: 8_000 });
    expect(said()).toEqual([8_000]);
    alarm.arm({});
    expect(said()).toEqual(["none"]);
  });

  it("stands where a kick set it, until it goes off", () => {
    const { alarm, said } = setUp();
    alarm.kick(100);
    alarm.arm({ lease: 50 });
    expect(said()).toEqual([100]);
    alarm.fired(false, null);
    alarm.answer({ lease: 5_000 });
    expect(said()).toEqual([5_000]);
  });

  it("that is about to go off is not kicked, and one that is long due is", () => {
    const { alarm, said } = setUp();
    alarm.arm({ lease: 5_000 });
    alarm.kick(5_000 + ALARM_LATE_MS - 1);
    expect(said()).toEqual([5_000]);
    alarm.kick(5_000 + ALARM_LATE_MS);
    expect(said()).toEqual([5_000 + ALARM_LATE_MS]);
  });

  describe("that went off", () => {
    it("is repeated by the platform, so that nothing is set until it is answered", () => {
      const { alarm, said } = setUp();
      alarm.fired(false, null);
      alarm.arm({ lease: 15_000 });
      alarm.arm({ retention: 90_000 });
      expect(said()).toEqual([]);
      alarm.answer({ retention: 90_000 });
      expect(said()).toEqual([90_000]);
    });

    it("as a repetition is not relied on once more: what is due is set at once", () => {
      const { alarm, said } = setUp();
      alarm.fired(true, null);
      alarm.arm({ lease: 15_000 });
      expect(said()).toEqual([15_000]);
      alarm.answer({ retention: 90_000 });
      expect(said()).toEqual([90_000]);
    });

    it("of a run that broke off is not relied on either", () => {
      const { alarm, said } = setUp();
      alarm.fired(false, null);
      alarm.distrust();
      expect(said()).toEqual([]);
      alarm.arm({ lease: 15_000 });
      expect(said()).toEqual([15_000]);
    });

    it("and is answered by a run that takes long, is set again with whatever is due then and later", () => {
      const { alarm, said } = setUp();
      alarm.fired(false, null);
      alarm.arm({ lease: 15_000 });
      alarm.answer({ lease: 15_000 });
      alarm.arm({ lease: 25_000 });
      alarm.answer({ lease: 25_000 });
      expect(said()).toEqual([15_000, 25_000]);
    });

    it("is set by a kick and by a fault all the same", () => {
      for (const set of [(alarm: TaskAlarm) => alarm.kick(20), (alarm: TaskAlarm) => alarm.set(20)]) {
        const { alarm, said } = setUp();
        alarm.fired(false, null);
        set(alarm);
        expect(said()).toEqual([20]);
        alarm.fired(false, null);
        alarm.answer({ lease: 15_000 });
        expect(said()).toEqual([15_000]);
      }
    });

    it("for what nobody took care of goes off again after a pause, and is an error in the log", () => {
      const { alarm, move, lines, said } = setUp();
      move(5_200);
      alarm.fired(false, { lease: 5_000, retention: 90_000 });
      alarm.answer({ lease: 5_000, retention: 90_000 });
      expect(said()).toEqual([5_200 + FAULT_RETRY_MS]);
      expect(lines).toEqual([{ level: "error", event: "task.alarm_unanswered", overdue_ms: 200 }]);
    });

    it("is set at once for whatever else is due by then, and for a kick", () => {
      const { alarm, move, lines, said } = setUp();
      move(5_200);
      alarm.fired(false, { lease: 5_000 });
      alarm.answer({ lease: 5_100 });
      expect(said()).toEqual([5_100]);
      alarm.fired(false, { lease: 5_100 });
      alarm.kick(5_200);
      alarm.answer({ lease: 5_100 });
      expect(said()).toEqual([5_200]);
      // What it was set to by a kick is not what was due first.
      alarm.fired(false, { lease: 9_000 });
      alarm.answer({ lease: 9_000 });
      expect(said()).toEqual([9_000]);
      // Nor is what became due while the handler was at work.
      alarm.fired(false, { approval: 9_000 });
      move(9_100);
      alarm.answer({ approval: 9_000 });
      expect(said()).toEqual([9_000]);
      expect(lines).toEqual([]);
    });

    it("leaves nothing to wake for when its task is gone", () => {
      const { alarm, said } = setUp();
      alarm.fired(false, null);
      alarm.answer(null);
      expect(said()).toEqual([]);
    });
  });
});
