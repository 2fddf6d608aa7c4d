/** Whether a tenant may start a task of a pack, by the policy. */
import { AppError, type TenantId } from "../platform/index.ts";
import { describeReasons, momentOf, type PackQuestion } from "../policy/index.ts";
import type { ApiDeps } from "./deps.ts";

/** Rules of a denial that says nothing about the pack: the policy could not be asked. */
const FAULTS: readonly string[] = ["error", "timeout"];

/** Null when it may. Nobody can be asked before there is a task, so a policy that wants to ask refuses. */
export async function refusePack(
  { policy, clock, log, onPolicyDenied }: Pick<ApiDeps, "policy" | "clock" | "log" | "onPolicyDenied">,
  tenant: TenantId,
  pack: { readonly id: string; readonly version: string },
): Promise<AppError | null> {
  const at = clock.now();
  const place = { at: momentOf(at), region: policy.region };
  const question: PackQuestion = { version: 1, action: "pack.use", tenant, pack, ...place };
  const decision = await policy.engine.decide(question);
  if (decision.effect === "allow" || !decision.isEnforced) return null;
  onPolicyDenied(tenant, { at, question, decision });
  const [rule = ""] = decision.reasons.map((reason) => reason.rule);
  log.warn("policy.pack_refused", { tenant_id: tenant, pack_id: pack.id, rule, policy: decision.policy });
  if (FAULTS.includes(rule)) return new AppError("UNAVAILABLE", "The policy cannot be asked now; try again.");
  return new AppError("FORBIDDEN", describeReasons(decision) || "The policy does not let this tenant run the pack.");
}
