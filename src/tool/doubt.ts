/**
 * Whether a call that came to no result may have taken effect all the same. A tool that says that it failed is believed, but
 * for what its gateway saw: a request that was on its way and got no whole answer. One that met a limit or was stopped says
 * nothing: any request that it had sent may have been the one that counts. Pure.
 */
import { isRecord } from "../platform/index.ts";
import type { ToolErrorCode } from "./contract.ts";
import type { EngineName } from "./engine.ts";
import type { EgressRecord } from "./types.ts";

/** Methods that change nothing where they are asked. RFC 9110, section 9.2.1. */
const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];
/** Why a request that may have arrived has no answer. */
const UNANSWERED: readonly string[] = ["unreachable", "timeout", "too_large", "interrupted"];

type Failed = {
  readonly engine: EngineName;
  /** The worker's answer as `readAnswer` gives it. */
  readonly said: unknown;
  /** What the answer was taken for. */
  readonly code: ToolErrorCode;
  readonly egress: readonly EgressRecord[] | undefined;
};

export const isInDoubt = ({ engine, said, code, egress = [] }: Failed): boolean =>
  code === "TOOL_TIMEOUT" ||
  !saysItFailed(said) ||
  changesOf(engine, egress).some(code === "TOOL_LIMIT" || wasStopped(said) ? mayHaveArrived : isUnanswered);

/** What is no answer, or one of success that cannot be taken as it is, says nothing of a failure. */
const saysItFailed = (said: unknown): boolean => isRecord(said) && said.ok === false;

const wasStopped = (said: unknown): boolean => isRecord(said) && said.wasStopped === true;

/** The requests that may have done what the call is for. */
function changesOf(engine: EngineName, egress: readonly EgressRecord[]): readonly EgressRecord[] {
  if (engine !== "mcp") return egress.filter(({ method }) => !SAFE_METHODS.includes(method));
  // The first opens the session and a DELETE ends it; a GET fetches the rest of an answer.
  return egress.slice(1).filter(({ method }) => method !== "DELETE");
}

/** With an answer, or with none that it is known not to have got. */
const mayHaveArrived = ({ allowed, reason }: EgressRecord): boolean =>
  allowed && (reason === undefined || UNANSWERED.includes(reason));

const isUnanswered = (record: EgressRecord): boolean => record.reason !== undefined && mayHaveArrived(record);
