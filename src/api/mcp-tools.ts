/**
 * What an MCP client is offered: a tool for each pack the tenant can run, and two for tasks that outlive a call. A call
 * accepts a durable task like every other door; the client going away does not end it. The protocol is mcp-route.ts.
 */
import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import {
  AppError,
  assert,
  Canceller,
  ERRORS,
  type IdempotencyKey,
  once,
  parseIdempotencyKey,
  parsePackId,
  parseTaskId,
  type TaskId,
} from "../platform/index.ts";
import { isEnded, type TaskView } from "../task/index.ts";
import type { AccessScope } from "./access.ts";
import { cancelTask, readTask } from "./answer.ts";
import { MCP_WAIT_MS_MAX } from "./limits.ts";
import { parseShape } from "./parse-shape.ts";
import { limitRate } from "./rate-limit.ts";
import { requirePrincipal, type TenantCall } from "./route.ts";
import { followAsMessages } from "./rpc-stream.ts";
import { runTask, toRunRequest } from "./run-task.ts";
import { RunBody } from "./schema.ts";

/** Who calls, and where progress goes; `progress` is null when the client asked for none. */
export type McpCall = Pick<TenantCall<unknown, undefined>, "scope" | "deps" | "tenant"> & {
  readonly signal: AbortSignal;
  readonly progress: ((done: number, message: string) => Promise<void>) | null;
};

const RunArguments = once(() =>
  RunBody()
    .pick({ input: true, session_id: true })
    .extend({
      idempotency_key: z
        .string()
        .optional()
        .describe("The same key and input give the same task; without one every call is a new task"),
    }),
);
const TaskArguments = once(() => z.strictObject({ task_id: z.string() }));

/** Pack ids hold no underscore, so no pack can hide one of these. */
const TASK_TOOLS: Readonly<
  Record<
    string,
    {
      readonly description: string;
      /** Beside what the door asks for. */
      readonly needs: AccessScope;
      readonly call: (call: McpCall, id: TaskId) => Promise<TaskView>;
    }
  >
> = {
  get_task: {
    description: "The state and the output of a task that was started earlier.",
    needs: "tasks:read",
    call: ({ deps, tenant }, id) => readTask(deps, tenant, id),
  },
  cancel_task: {
    description: "Stops a task that is still running.",
    needs: "tasks:cancel",
    call: async ({ scope, deps, tenant }, id) => {
      await cancelTask(scope, tenant, id);
      return readTask(deps, tenant, id);
    },
  },
};

type InputSchema = Tool["inputSchema"];
/** A cast, because the schema of a strict object is one of type "object", which its type does not say. */
const toInputSchema = (shape: z.ZodType): InputSchema => {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io: "input" });
  return schema as InputSchema;
};

export async function listTools({ deps, tenant }: McpCall): Promise<Tool[]> {
  const packs = await deps.registry.list(tenant);
  const input = toInputSchema(RunArguments());
  return [
    ...packs.map((pack) => ({
      name: pack.pack_id,
      description: `Runs the agent ${pack.pack_id} ${pack.version} as a durable task and answers with its output.`,
      inputSchema: input,
      annotations: { readOnlyHint: false, openWorldHint: true },
    })),
    ...Object.entries(TASK_TOOLS).map(([name, { description }]) => ({
      name,
      description,
      inputSchema: toInputSchema(TaskArguments()),
      annotations: { readOnlyHint: name === "get_task", destructiveHint: name === "cancel_task" },
    })),
  ];
}

/** Never rejects for what the caller did wrong: a model reads the result and can mend its call. */
export async function callTool(call: McpCall, name: string, given: unknown): Promise<CallToolResult> {
  try {
    const tool = Object.hasOwn(TASK_TOOLS, name) ? TASK_TOOLS[name] : undefined;
    return toResult(tool === undefined ? await runPack(call, name, given) : await aboutTask(call, tool, given));
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    // The message has the first fault already.
    const others = thrown.errors
      .map(({ pointer, message }) => (pointer ? `${pointer}: ${message}` : message))
      .filter((fault) => !thrown.message.endsWith(`: ${fault}`));
    const error = { code: thrown.code, message: [thrown.message, ...others].join("; "), ...retryable(thrown) };
    return {
      isError: true,
      content: [{ type: "text", text: `${error.code}: ${error.message}` }],
      structuredContent: { error },
    };
  }
}

const retryable = ({ code }: AppError) => ({ retryable: ERRORS[code].retry === "backoff" });

async function aboutTask(call: McpCall, tool: (typeof TASK_TOOLS)[string], given: unknown): Promise<TaskView> {
  const taskId = parseTaskId(parseShape(TaskArguments(), given, "body").task_id);
  if (taskId === undefined) throw new AppError("TASK_NOT_FOUND");
  const { scope, deps, tenant } = call;
  scope.taskId = taskId;
  await deps.access({ principal: requirePrincipal(scope), needs: tool.needs, selected: tenant });
  return tool.call(call, taskId);
}

async function runPack(call: McpCall, name: string, given: unknown): Promise<TaskView> {
  const { scope, deps, tenant } = call;
  const packId = parsePackId(name);
  if (packId === undefined) throw new AppError("PACK_NOT_FOUND", `There is no tool ${name.slice(0, 128)}.`);
  const { idempotency_key, ...body } = parseShape(RunArguments(), given, "body");
  const key = idempotency_key === undefined ? newKey() : parseIdempotencyKey(idempotency_key);
  if (key === undefined) {
    throw new AppError("INVALID_REQUEST", "An idempotency key is 1 to 255 visible ASCII characters.");
  }
  await limitRate(scope, tenant, "default", key);
  const origin = { tenant, key, correlation: scope.correlation, requestedBy: requirePrincipal(scope).id };
  const { taskId } = await runTask(deps, origin, toRunRequest(packId, body), scope.background);
  scope.taskId = taskId;
  await followFor(call, taskId);
  return readTask(deps, tenant, taskId);
}

const newKey = (): IdempotencyKey => {
  const key = parseIdempotencyKey(`mcp-${crypto.randomUUID()}`);
  assert(key !== undefined, "a UUID is visible ASCII");
  return key;
};

/** Reports progress until the task ends or waits, or the call has lasted as long as it may: then the task goes on alone. */
async function followFor({ scope, deps, tenant, signal, progress }: McpCall, taskId: TaskId): Promise<void> {
  const over = new AbortController();
  const done = new Canceller();
  deps.clock.sleep(MCP_WAIT_MS_MAX, done.signal).then(
    () => over.abort(new Error("the call lasted as long as it may")),
    () => undefined, // The task ended first.
  );
  let steps = 0;
  try {
    const context = { deps, log: scope.log, tenant, taskId, signal: AbortSignal.any([signal, over.signal]) };
    for await (const { payload } of followAsMessages(context)) {
      if (payload?.case === "toolCall") await progress?.(++steps, payload.value.toolName ?? payload.value.toolId ?? "");
    }
  } catch (thrown) {
    // What an aborted read rejects with in workerd is a copy of the reason, and of no class.
    if (!over.signal.aborted) throw thrown;
  } finally {
    done.abort();
  }
}

/** The output as text, the facts as data. A task that has not ended is no error: the text says how to go on. */
function toResult(view: TaskView): CallToolResult {
  const { task_id, state, pack_id, pack_version, output, error, cost_usd } = view;
  const facts = { task_id, state, pack_id, pack_version, output, error, cost_usd };
  const isError = isEnded(state) && state !== "done";
  return { isError, content: [{ type: "text", text: textOf(view) }], structuredContent: facts };
}

function textOf({ task_id, state, output, error }: TaskView): string {
  if (state === "done") return output ?? "";
  if (error !== null) return `${error.code}: ${error.message}`;
  if (state === "waiting") {
    return `Task ${task_id} waits for a person's decision, or for a task that it handed work to. Ask get_task for it later.`;
  }
  return isEnded(state) ? `Task ${task_id} is ${state}.` : `Task ${task_id} is ${state}. Ask get_task for it later.`;
}
