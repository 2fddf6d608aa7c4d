/**
 * The Worker under measurement: the default policy as the product's Worker loads it, asked many times in one request; where a
 * pack comes along, with all else that a call is checked by: its arguments' schema, and its workspace's quota.
 */
import type { AgentConfig } from "../../src/pack/index.ts";
import { createEmbeddedPolicy, DEFAULT_POLICY, type PolicyQuestion } from "../../src/policy/index.ts";
import { policyModule } from "../../src/policy/object.ts";
import { type CallArguments, checkQuota, collectTools, compileCatalog } from "../../src/tool/index.ts";

export type Asked = {
  readonly question: PolicyQuestion;
  readonly rounds: number;
  readonly pack?: AgentConfig;
  /** The same question each time, whose decision the engine remembers; else each of another tenant. */
  readonly isKnown?: boolean;
};

const engine = createEmbeddedPolicy({
  module: policyModule,
  digest: DEFAULT_POLICY.digest,
  log: { error: () => undefined },
});

const PATH = "/workspace/notes.md";
const TEXT = "a line of text\n".repeat(20);
const ARGUMENTS: CallArguments = { kind: "object", value: { action: "write", path: PATH, content: TEXT } };
const FILES = Array.from({ length: 10 }, (_, n) => ({ path: `/workspace/${n}.md`, text: TEXT }));

/** What else may refuse a call of `file_manager`; throws when it does. */
function checksOf(pack: AgentConfig): () => void {
  const catalog = compileCatalog(collectTools(pack));
  return () => {
    const refusal = catalog.admit({ toolId: "file_manager", arguments: ARGUMENTS, callsBefore: 3 });
    const problem = refusal?.message ?? checkQuota(FILES, [{ kind: "put", path: PATH, text: TEXT }]);
    if (problem !== null) throw new Error(problem);
  };
}

let asked = 0;

export default {
  async fetch(request: Request): Promise<Response> {
    const { question, rounds, pack, isKnown = false } = await request.json<Asked>();
    const check = pack === undefined ? () => undefined : checksOf(pack);
    let effect = "";
    for (let round = 0; round < rounds; round++) {
      const tenant = isKnown ? question.tenant : `${question.tenant}-${++asked}`;
      ({ effect } = await engine.decide({ ...question, tenant }));
      check();
    }
    return new Response(effect);
  },
};
