/** What may happen to a call by what was written down about it: every standing there is. */
import { describe, expect, it } from "vitest";
import type { Approval } from "../../src/task/approval/approval.ts";
import { type CallFacts, standingOf } from "../../src/task/approval/ledger.ts";
import { approval, BINDING, decided } from "./approvals.ts";

const CALL: CallFacts = {
  step: 0,
  index: 0,
  binding: BINDING,
  needsApproval: true,
  mayRepeat: false,
  isStarted: false,
};
const doubt = (more: Partial<Approval> = {}) => approval({ n: 2, kind: "unknown_outcome", expiresAt: null, ...more });
const given = approval({ ...decided("approve"), usedAt: 600 });

/** `runs`: uses up the named answer, or none. */
const runs = (uses: Approval | null = null) => ({ kind: "run", uses });
const answers = (code: string) => ({ kind: "answer", error: { code } });

const CASES: readonly (readonly [
  name: string,
  call: Partial<CallFacts>,
  approvals: readonly Approval[],
  expected: object,
])[] = [
  ["one that needs nobody runs", { needsApproval: false }, [], runs()],
  ["one that needs a person is asked about", {}, [], { kind: "ask" }],
  ["an undecided one is held", {}, [approval()], { kind: "held" }],
  [
    "an approved one runs, and uses the approval up",
    {},
    [approval(decided("approve"))],
    runs(approval(decided("approve"))),
  ],
  ["a rejected one is answered so", {}, [approval(decided("reject"))], answers("APPROVAL_REJECTED")],
  ["an expired one is answered so", {}, [approval({ expiredAt: 1_000 })], answers("APPROVAL_EXPIRED")],
  [
    "one that was approved and then expired unused is answered as expired",
    {},
    [approval({ ...decided("approve"), expiredAt: 1_000 })],
    answers("APPROVAL_EXPIRED"),
  ],
  [
    "an approval for other arguments does not count",
    {},
    [approval({ ...decided("approve"), argsHash: "b".repeat(64) })],
    { kind: "ask" },
  ],
  [
    "an approval under another pack does not count",
    {},
    [approval({ ...decided("approve"), packDigest: "1" })],
    { kind: "ask" },
  ],
  [
    "an approval under another policy does not count",
    {},
    [approval({ ...decided("approve"), policy: "older" })],
    { kind: "ask" },
  ],
  [
    "an approval for another tool does not count",
    {},
    [approval({ ...decided("approve"), toolId: "other" })],
    { kind: "ask" },
  ],
  ["an approval for another call does not count", {}, [approval({ ...decided("approve"), index: 1 })], { kind: "ask" }],
  ["a started one is in doubt", { needsApproval: false, isStarted: true }, [], { kind: "doubt" }],
  ["a started one is in doubt although it was approved", { isStarted: true }, [given], { kind: "doubt" }],
  [
    "a started one of a tool that may repeat runs again",
    { needsApproval: false, isStarted: true, mayRepeat: true },
    [],
    runs(),
  ],
  [
    "an approved and started one of a tool that may repeat runs again, using nothing",
    { mayRepeat: true },
    [given],
    runs(),
  ],
  ["one in doubt is held until a person says", { isStarted: true }, [given, doubt()], { kind: "held" }],
  [
    "one in doubt runs again on a person's word",
    { isStarted: true },
    [given, doubt(decided("retry"))],
    runs(doubt(decided("retry"))),
  ],
  [
    "one that was run again and broke off again is in doubt again",
    { isStarted: true },
    [given, doubt({ ...decided("retry"), usedAt: 700 })],
    { kind: "doubt" },
  ],
];

describe("a call without a result", () => {
  for (const [name, call, approvals, expected] of CASES) {
    it(`${name}`, () => {
      expect(standingOf({ ...CALL, ...call }, approvals)).toMatchObject(expected);
    });
  }

  it("tells the model why a person refused it", () => {
    const standing = standingOf(CALL, [approval(decided("reject", "too expensive"))]);
    expect(JSON.stringify(standing)).toContain("too expensive");
  });
});
