/**
 * Accepting a task, for REST and RPC alike. The object that the key names is the lock: whoever comes first creates,
 * everybody else with the same request is given the same task, anybody with another request is refused.
 */
import type * as z from "zod";
import type { Tier } from "../model/index.ts";
import {
  AppError,
  canonicalJson,
  deriveTaskId,
  describeError,
  err,
  type IdempotencyKey,
  ok,
  type PackId,
  parseSessionId,
  type Result,
  type SessionId,
  sha256Hex,
  type TaskId,
  type TenantId,
} from "../platform/index.ts";
import type { CreateTask } from "../task/index.ts";
import { callObject } from "./call-object.ts";
import type { Correlation } from "./correlate.ts";
import type { ApiDeps, Background } from "./deps.ts";
import { refusePack } from "./pack-use.ts";
import type { RunBody } from "./schema.ts";

/** Whose request it is and where it came from. */
export type Origin = {
  readonly tenant: TenantId;
  readonly key: IdempotencyKey;
  readonly correlation: Correlation;
  /** Id of the principal. */
  readonly requestedBy: string;
};

export type RunRequest = {
  readonly packId: PackId;
  readonly input: string;
  readonly sessionId: SessionId | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Null: the newest. */
  readonly version: string | null;
  /** Null: the pack's, else the default. */
  readonly tier: Tier | null;
};

/** A parsed body as a request: what is absent is null. */
export const toRunRequest = (packId: PackId, body: z.output<ReturnType<typeof RunBody>>): RunRequest => ({
  packId,
  input: body.input,
  sessionId: parseSessionId(body.session_id) ?? null,
  metadata: body.metadata ?? {},
  version: body.version ?? null,
  tier: body.tier ?? null,
});

export type ReplayRequest = {
  readonly source: TaskId;
  readonly fromStep: number;
  /** Null: the source's. */
  readonly version: string | null;
  readonly dryRun: boolean;
};

export type AcceptedTask = {
  readonly taskId: TaskId;
  readonly packId: string;
  /** The key had been used for this very request. */
  readonly isReplayed: boolean;
};

/** SHA-256 of what makes two run requests the same one, whichever door they came through. */
export const runFingerprint = (request: RunRequest): Promise<string> =>
  sha256Hex(
    canonicalJson({
      operation: "run",
      pack_id: request.packId,
      input: request.input,
      session_id: request.sessionId,
      metadata: request.metadata,
      version: request.version,
      tier: request.tier,
    }),
  );

export const replayFingerprint = (request: ReplayRequest): Promise<string> =>
  sha256Hex(
    canonicalJson({
      operation: "replay",
      source_task_id: request.source,
      from_step: request.fromStep,
      version: request.version,
      dry_run: request.dryRun,
    }),
  );

type Plan = Pick<
  CreateTask,
  "pack_id" | "pack_version" | "pack_digest" | "pack_owner" | "input" | "session_id" | "metadata" | "tier" | "replay"
>;

/** Everything that can change between two equal requests: packs, limits, allow-lists. */
async function planRun(deps: ApiDeps, tenant: TenantId, request: RunRequest): Promise<Result<Plan, AppError>> {
  const resolved = await deps.registry.resolve(tenant, request.packId, request.version);
  if (resolved === null) {
    const { packId, version } = request;
    return err(new AppError("PACK_NOT_FOUND", await deps.registry.explainAbsence(tenant, packId, version)));
  }
  const { record, owner } = resolved;
  const refusal = await refusePack(deps, tenant, { id: record.pack_id, version: record.version });
  if (refusal !== null) return err(refusal);
  const tier = request.tier ?? record.tier ?? deps.config.defaultTier;
  if (!deps.router.isAllowed(tenant, tier)) {
    return err(new AppError("MODEL_NOT_ALLOWED", `This tenant may not use ${tier} (${deps.router.modelOf(tier)}).`));
  }
  if (request.input.length > record.input_max_length) {
    const detail = `The input has ${request.input.length} characters; ${record.pack_id} takes ${record.input_max_length}.`;
    return err(new AppError("INPUT_TOO_LONG", detail, { errors: [{ pointer: "/input", message: detail }] }));
  }
  return ok({
    pack_id: record.pack_id,
    pack_version: record.version,
    pack_digest: record.digest,
    pack_owner: owner,
    input: request.input,
    session_id: request.sessionId,
    metadata: request.metadata,
    tier,
    replay: null,
  });
}

type NewTask = {
  readonly taskId: TaskId;
  readonly plan: Plan;
  readonly fingerprint: string;
  readonly background: Background;
};

/** Beside the answer, which waits for nothing of it. */
async function tellQueue(
  { dispatch, log }: ApiDeps,
  { tenant, taskId, correlation }: Pick<Origin, "tenant" | "correlation"> & Pick<NewTask, "taskId">,
): Promise<void> {
  try {
    await dispatch({ tenant, taskId, traceparent: correlation.traceparent });
  } catch (thrown) {
    // The task is accepted and its alarm is armed.
    const facts = { trace_id: correlation.traceId, tenant_id: tenant, task_id: taskId };
    log.with(facts).warn("task.dispatch_failed", { error: describeError(thrown) });
  }
}

async function create(deps: ApiDeps, origin: Origin, task: NewTask): Promise<AcceptedTask> {
  const { tenant, correlation } = origin;
  const { taskId, background } = task;
  const args: CreateTask = {
    ...task.plan,
    tenant,
    task_id: taskId,
    idempotency_key: origin.key,
    fingerprint: task.fingerprint,
    trace_id: correlation.traceId,
    traceparent: correlation.traceparent,
    requested_by: origin.requestedBy,
    starts_itself: deps.config.startsItself,
  };
  const outcome = await callObject(deps, () => deps.tasks(tenant, taskId).create(args));
  switch (outcome.kind) {
    case "created":
      background.waitUntil(tellQueue(deps, { tenant, taskId, correlation }));
      return { taskId, packId: outcome.pack_id, isReplayed: false };
    case "existing":
      return { taskId, packId: outcome.pack_id, isReplayed: true };
    case "key_reused":
      throw new AppError("IDEMPOTENCY_KEY_REUSED");
    case "gone":
      throw new AppError("IDEMPOTENCY_KEY_REUSED", "The task of this key is past its retention; take a new key.");
  }
}

/**
 * The task this key already has, when the request could not be accepted today (its pack is gone, its tier no longer
 * allowed): the promise of the key outlives them. Only the object can tell whether the request is the same one, and
 * it compares nothing but the fingerprint once the task exists, so it is asked to create what it already is.
 * @throws `refusal` when there is no such task; then nothing was created.
 */
async function existingOr(
  refusal: AppError,
  deps: ApiDeps,
  origin: Origin,
  task: Omit<NewTask, "plan">,
): Promise<AcceptedTask> {
  const view = await callObject(deps, () => deps.tasks(origin.tenant, task.taskId).view());
  if (view === null) throw refusal;
  const { pack_id, pack_version, pack_digest, input, session_id, metadata } = view;
  const tier = deps.config.defaultTier;
  const plan: Plan = {
    pack_id,
    pack_version,
    pack_digest,
    pack_owner: origin.tenant,
    input,
    session_id,
    metadata,
    tier,
    replay: null,
  };
  return create(deps, origin, { ...task, plan });
}

/** @throws AppError PACK_NOT_FOUND, FORBIDDEN by the policy, MODEL_NOT_ALLOWED, INPUT_TOO_LONG, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE */
export async function runTask(
  deps: ApiDeps,
  origin: Origin,
  request: RunRequest,
  background: Background,
): Promise<AcceptedTask> {
  const { tenant, key } = origin;
  const [taskId, fingerprint, plan] = await Promise.all([
    deriveTaskId(tenant, key),
    runFingerprint(request),
    planRun(deps, tenant, request),
  ]);
  const task = { taskId, fingerprint, background };
  return plan.ok ? create(deps, origin, { ...task, plan: plan.value }) : existingOr(plan.error, deps, origin, task);
}

/** A replay runs on the bytes its source ran on, unless it names a version: then on that one as it is today. */
async function otherVersion(deps: ApiDeps, tenant: TenantId, packId: string, version: string) {
  const resolved = await deps.registry.resolve(tenant, packId, version);
  if (resolved === null) return null;
  const { record, owner } = resolved;
  return { pack_version: record.version, pack_digest: record.digest, pack_owner: owner };
}

async function planReplay(deps: ApiDeps, tenant: TenantId, request: ReplayRequest): Promise<Result<Plan, AppError>> {
  const { source, fromStep, dryRun } = request;
  const exported = await callObject(deps, () => deps.tasks(tenant, source).exportJournal(fromStep));
  if (exported === null) return err(new AppError("TASK_NOT_FOUND"));
  if (fromStep > exported.steps) {
    const message = `must be from 0 to ${exported.steps}, the number of steps the task has completed`;
    return err(
      new AppError("INVALID_REQUEST", `from_step ${message}.`, { errors: [{ pointer: "/from_step", message }] }),
    );
  }
  const original = exported.request;
  const pack =
    request.version === null ? original : await otherVersion(deps, tenant, original.pack_id, request.version);
  if (pack === null) {
    const detail = await deps.registry.explainAbsence(tenant, original.pack_id, request.version);
    return err(new AppError("PACK_NOT_FOUND", detail));
  }
  const refusal = await refusePack(deps, tenant, { id: original.pack_id, version: pack.pack_version });
  if (refusal !== null) return err(refusal);
  if (!deps.router.isAllowed(tenant, original.tier)) {
    return err(new AppError("MODEL_NOT_ALLOWED", `This tenant may not use ${original.tier}.`));
  }
  return ok({
    ...original,
    pack_version: pack.pack_version,
    pack_digest: pack.pack_digest,
    pack_owner: pack.pack_owner,
    replay: { source_task_id: source, from_step: fromStep, dry_run: dryRun, journal: exported.journal },
  });
}

/** @throws AppError TASK_NOT_FOUND, PACK_NOT_FOUND, FORBIDDEN by the policy, MODEL_NOT_ALLOWED, INVALID_REQUEST, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE */
export async function replayTask(
  deps: ApiDeps,
  origin: Origin,
  request: ReplayRequest,
  background: Background,
): Promise<AcceptedTask> {
  const [taskId, fingerprint, plan] = await Promise.all([
    deriveTaskId(origin.tenant, origin.key),
    replayFingerprint(request),
    planReplay(deps, origin.tenant, request),
  ]);
  const task = { taskId, fingerprint, background };
  return plan.ok ? create(deps, origin, { ...task, plan: plan.value }) : existingOr(plan.error, deps, origin, task);
}
