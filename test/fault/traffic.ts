/** What befalls the calls, alarms and storages of objects, as the faults decide. */
import type { Random } from "../../src/platform/index.ts";
import type { Faults } from "./faults.ts";
import type { Traffic } from "./objects.ts";

const HOUR_MS = 60 * 60 * 1_000;
/** Objects whose alarms have a net under them. */
const SWEPT = ["task/", "index/", "doorbell/"] as const;
/** By which clocks differ at most. */
const SKEW_MS_MAX = 10 * 60 * 1_000;

/** @param isEnded whether the task of that object has come to its end. */
export const toTraffic = (faults: Faults, random: Random, isEnded: (name: string) => boolean): Traffic => ({
  passage: (from) => {
    if (faults.strikes(6, 0.02)) return random() < 0.5 ? "reset" : "answer_lost";
    // The doors alone tell a client to come again; between objects the platform keeps trying.
    if (from.startsWith("actor/client") && faults.strikes(7, 0.2)) return "overloaded";
    return "through";
  },
  alarmDelayMs: (name) => {
    if (!SWEPT.some((kind) => name.startsWith(kind))) return 0;
    if (!faults.strikes(4, 0.06)) return 0;
    const kind = random();
    // The cron is the net under all of them. What a task has left to do after its end (to tell Postgres, to go) is nobody's to
    // look after: there its alarm is the platform's promise.
    if (kind < 0.4 && !(name.startsWith("task/") && isEnded(name))) {
      faults.hitPart(name.startsWith("task/") ? "taskAlarmLost" : "otherAlarmLost");
      return null;
    }
    return kind < 0.6 ? random() * HOUR_MS : random() * 30_000;
  },
  skewMs: () => (faults.strikes(47, 0.3) ? Math.round((random() * 2 - 1) * SKEW_MS_MAX) : 0),
  isAlarmTwice: (name) => name.startsWith("task/") && faults.strikes(4, 0.06),
  isFull: (name) => (query) =>
    name.startsWith("task/") && /^\s*INSERT INTO event\b/i.test(query) && faults.strikes(11, 0.1),
});
