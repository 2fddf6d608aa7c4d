/** Every limit of the tool room: its unit, why it is what it is, and what happens at it. */
import { SANDBOX_CEILINGS } from "../pack/index.ts";
import type { WorkspaceQuota } from "./contract.ts";

/** A longer `timeout` in a pack is lowered to this: a step must fit in the task's lease (docs/tools.md). */
export const TIMEOUT_MS_MAX = SANDBOX_CEILINGS.timeoutMs;

/**
 * Added to a call's time limit before the host gives up on the worker. Our workers stop themselves in time and say
 * why; this leaves room for starting one on a busy machine. Past it the call is TOOL_TIMEOUT and the worker is stopped.
 */
export const TIMEOUT_GRACE_MS = 3_000;

/** Running calls of one tool over all tasks of a tenant. Over it a call waits, at most as long as it may run. */
export const CALLS_PER_TOOL_MAX = 10;

/**
 * How long a task that has one of these places may begin further calls on it without asking, in milliseconds: a few turns of
 * a model; half as long as a call may run at most, for that long others wait. So many of the places may be kept so; over it,
 * or while others wait, a place is for one call.
 */
export const PLACE_KEPT_MS = 15_000;
export const PLACES_KEPT_MAX = CALLS_PER_TOOL_MAX / 2;

/** Isolates of one task that run at once; the platform has ten per object, and one of them may be coming or going. */
export const ISOLATES_PER_TASK_MAX = 8;

/** CPU time asked of the platform for a call, at least: starting an engine costs some before any code runs. */
export const CPU_MS_MIN = 1_000;
/** The platform's own ceiling for one invocation. Enforced in production only; past it the call is TOOL_FAILED. */
export const CPU_MS_MAX = 300_000;

/** Heap of an engine. An isolate has 128 MB for everything, so a larger `memory_limit` is lowered to this. */
export const MEMORY_BYTES_MAX = SANDBOX_CEILINGS.memoryBytes;

/** Arguments of one call as JSON, in UTF-8 bytes. Over it: TOOL_ARGUMENTS. */
export const ARGUMENTS_BYTES_MAX = 1024 * 1024;

/** A result as JSON, in UTF-8 bytes: it goes into the model's context. Over it: TOOL_LIMIT and nothing is staged. */
export const RESULT_BYTES_MAX = 256 * 1024;

/** Levels of objects and arrays in a result; what reads it later recurses. Over it: TOOL_LIMIT. */
export const RESULT_DEPTH_MAX = 64;

/**
 * A worker's whole answer (result and changed files) in UTF-16 code units, well under the platform's 32 MiB for one
 * call between isolates. Over it: TOOL_LIMIT, unread.
 */
export const ANSWER_LENGTH_MAX = 14 * 1024 * 1024;
/** Bytes that a worker's answer is read by when it comes as a body; most are one such piece. */
export const ANSWER_PIECE_BYTES = 16 * 1024;

/** Digests of a tool's code and policy that an isolate of ours keeps, of 200 characters each. Over it: made again. */
export const DIGESTS_KEPT_MAX = 1_000;

/** A message a worker sends with an error, in UTF-16 code units. Longer ones are cut. */
export const ERROR_MESSAGE_LENGTH_MAX = 2_000;

/** What a pack's own tool wrote to its console, kept with its result, in UTF-16 code units. Longer ones are cut. */
export const CONSOLE_CHARS_MAX = 8_192;

/** Code of packs' own tools that an isolate of ours keeps, in UTF-16 code units over all. The oldest makes room. */
export const TOOL_CODE_CACHE_CHARS_MAX = 8 * 1024 * 1024;

/**
 * A task's files, kept in its object. Over any of them: TOOL_LIMIT and nothing of the call is staged. A repository is
 * one large file of history and many small ones. All of them go to an isolate in one message, several calls at once,
 * out of an object of 128 MB, so there is no room for more in total.
 */
export const WORKSPACE_QUOTA: WorkspaceQuota = {
  fileBytes: 8 * 1024 * 1024,
  totalBytes: 10 * 1024 * 1024,
  files: 2_000,
};

/** Validation errors named in one TOOL_ARGUMENTS message; a model mends the first few and tries again. */
export const ARGUMENT_ERRORS_MAX = 10;

/** Requests of one call to the outside, made and waiting. Over it: TOOL_LIMIT, and no record either. */
export const EGRESS_REQUESTS_MAX = 50;

/**
 * Body of one request and of one answer, uncompressed. A call's requests go one after the other, so one of each is under
 * way at most. A repository's history comes as one answer. Over it: TOOL_LIMIT.
 */
export const EGRESS_REQUEST_BYTES_MAX = 8 * 1024 * 1024;
export const EGRESS_RESPONSE_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Bodies and addresses of a call's requests that wait for their turn: they are held in the Worker's own isolate, which
 * has 128 MB. Two of the largest fit. Over it: TOOL_LIMIT, at once and without a record.
 */
export const EGRESS_WAITING_BYTES_MAX = 16 * 1024 * 1024;

/** Names and values of a request's headers, in UTF-16 code units. Over it: TOOL_ARGUMENTS. */
export const EGRESS_HEADERS_LENGTH_MAX = 16 * 1024;
/** The same of an answer's. What is over it is left out. */
export const EGRESS_ANSWER_HEADERS_LENGTH_MAX = 32 * 1024;

/** From a request to the last byte of its answer, inside the time of its call. Over it: TOOL_TIMEOUT. */
export const EGRESS_MS_MAX = 60_000;

/** Description of a remote tool, in UTF-16 code units: the model reads it in every turn. Over it: not offered. */
export const REMOTE_DESCRIPTION_LENGTH_MAX = 2_000;

/** Schema of a remote tool as JSON with its references in place, in bytes, and its parts. Over either: not offered. */
export const REMOTE_SCHEMA_BYTES_MAX = 16 * 1024;
export const REMOTE_SCHEMA_NODES_MAX = 1_000;

/**
 * All that is kept of one server's tools as JSON, in bytes. A value beside a journal ends at 2 MB, text may take twice
 * its bytes there, and a pack may name eight servers. Over it: the tools that come last are not offered.
 */
export const REMOTE_SERVER_BYTES_MAX = 96 * 1024;

/** A remote server is asked what it has, when a task first needs it. Over it: the task goes without its tools. */
export const REMOTE_LIST_MS_MAX = 20_000;
