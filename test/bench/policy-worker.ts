/** The Worker under measurement: the default policy as the product's Worker loads it, asked many times in one request. */
import { createEmbeddedPolicy, DEFAULT_POLICY, type PolicyQuestion } from "../../src/policy/index.ts";
import { policyModule } from "../../src/policy/object.ts";

export type Asked = { readonly question: PolicyQuestion; readonly rounds: number };

const engine = createEmbeddedPolicy({
  module: policyModule,
  digest: DEFAULT_POLICY.digest,
  log: { error: () => undefined },
});

export default {
  async fetch(request: Request): Promise<Response> {
    const { question, rounds } = await request.json<Asked>();
    let effect = "";
    for (let round = 0; round < rounds; round++) ({ effect } = await engine.decide(question));
    return new Response(effect);
  },
};
