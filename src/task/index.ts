/** The task room for the doors: what a task looks like from outside. The objects themselves are in object.ts. */

export { ALARM_LATE_MS } from "./limits.ts";
export { createProjection, databaseList, replayProjection } from "./projection/projection.ts";
export { END_EVENTS, isEnded } from "./transitions.ts";
export {
  APPROVAL_STATES,
  type ApprovalItem,
  type ApprovalListStub,
  type ApprovalView,
  type CancelOutcome,
  type CreateOutcome,
  type CreateTask,
  DECISIONS,
  type Decide,
  type DecideOutcome,
  type Followed,
  type ReplayPlan,
  TASK_ERROR_CODES,
  TASK_STATES,
  type TaskErrorCode,
  type TaskEvent,
  type TaskFile,
  type TaskListItem,
  type TaskState,
  type TaskStub,
  type TaskView,
  type TenantIndexStub,
} from "./types.ts";
