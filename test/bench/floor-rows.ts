/**
 * How long a run's rows are, in characters: the floor writes as many as long ones. That a run's are not much shorter is held by
 * test/task/cost.worker.test.ts, so that the floor is never above what it stands for.
 */
export const ROW_CHARS = {
  /** The task itself: accepted, started, ended. */
  task: 1_150,
  /** The first events. */
  begin: 430,
  /** A model's reply with a call. */
  reply: 890,
  /** A call's result. */
  result: 940,
  /** The reply that ends the run. */
  answer: 620,
} as const;
