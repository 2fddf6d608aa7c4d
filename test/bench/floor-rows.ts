/**
 * How long a run's rows are, in characters: the floor writes as many as long ones. That a run's are no shorter is held by
 * test/task/cost.worker.test.ts, so that the floor is never above what it stands for.
 */
export const ROW_CHARS = {
  /** The task itself: accepted, started, ended. */
  task: 1_050,
  /** The first events. */
  begin: 425,
  /** A model's reply with a call. */
  reply: 880,
  /** A call's result. */
  result: 930,
  /** The reply that ends the run. */
  answer: 600,
} as const;
