/** Packs under attack, written as a careful author would: labels, hosts, approvals. And one that allows everything. */

export type Pack = { readonly id: string; readonly extra: string };

const SCOPED = `filesystem: "scoped", scoped_paths: ["/workspace"]`;
const REACHING = `network: "egress_allowlist", egress_allowlist: ["docs.example.com"]`;

const EVERYWHERE = `network: "egress_allowlist", egress_allowlist: ["docs.example.com", "evil.example"]`;

type Parts = {
  /** Labels of the tool that works on files. */
  readonly files: string;
  readonly more?: string;
};

const pack = ({ files, more = "" }: Parts): string => `
tools:
  available:
    - { id: http_request, name: Web, sandbox: { timeout: "10s", ${REACHING} } }
    - { id: file_manager, name: Files, labels: [${files}], sandbox: { timeout: "10s", ${SCOPED} } }
    - { id: code_executor, name: Code, risk_level: critical, labels: [reads_untrusted, writes], sandbox: { timeout: "10s", ${SCOPED} } }
    - { id: git, name: Git, requires_approval: true, sandbox: { timeout: "30s", ${REACHING}, ${SCOPED} } }
    - { id: handoff, name: Handoff, requires_approval: true }
  denied: [shell_unrestricted]
  tool_policies: { max_calls_per_task: 500, max_concurrent: 8 }
${more}
guardrails:
  input: { jailbreak_detection: true }
  output: { pii_check: true }
  behavioral: { max_autonomous_steps: 20 }
workflow:
  handoffs:
    - { target_agent: helper, conditions: ["always"], context_transfer: minimal }
  sop:
    - id: release
      name: Release
      trigger: "A release is asked for"
      steps:
        - { id: look, action: "Look around", tool: file_manager, on_success: check, on_failure: look, timeout: 5m }
        - { id: check, action: "A person checks", tool: null, requires_approval: true, on_success: build, on_failure: look, timeout: 5m }
        - { id: build, action: "Build it", tool: code_executor, on_success: done, on_failure: look, timeout: 5m }
`;

/** Reads the web and keeps private notes. */
export const desk = (): string => pack({ files: "reads_private, writes" });

/** Keeps what strangers send as files, beside private ones. */
export const inbox = (): string => pack({ files: "reads_untrusted, reads_private, writes" });

/** Tools of the remote server that are there for their descriptions. */
const DESCRIBED = Array.from({ length: 20 }, (_, n) => `t${n}`);

/** Asks a server of somebody else's. */
export const remote = (url: string): string =>
  pack({
    files: "reads_private, writes",
    more: `  mcp_servers:\n    - { id: records, url: "${url}", tools: [read, fail, act, ${DESCRIBED.join(", ")}], requires_approval: [act] }`,
  });

/** Takes work over, and can do nothing but answer. */
export const helper = (): string => "tools: { available: [] }";

/** The same tools with everything given: what somebody would have to allow for the attacks to come true. */
export const open = (url: string): string => `
tools:
  available:
    - { id: http_request, name: Web, sandbox: { timeout: "10s", ${EVERYWHERE} } }
    - { id: file_manager, name: Files, sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace", "/etc", "/root"] } }
    - { id: code_executor, name: Code, sandbox: { timeout: "10s", ${SCOPED} } }
    - { id: git, name: Git, sandbox: { timeout: "30s", ${EVERYWHERE}, ${SCOPED} } }
  mcp_servers:
    - { id: records, url: "${url}", tools: [read, fail, act] }
guardrails:
  output: { pii_check: false }
workflow:
  handoffs:
${["helper", "admin", "root", "lead"].map((id) => `    - { target_agent: ${id}, conditions: ["always"], context_transfer: minimal }`).join("\n")}
  sop:
    - id: release
      name: Release
      trigger: "A release is asked for"
      steps:
        - { id: look, action: "Look around", tool: null, on_success: check, on_failure: look, timeout: 5m }
        - { id: check, action: "Check", tool: null, on_success: build, on_failure: look, timeout: 5m }
        - { id: build, action: "Build it", tool: code_executor, on_success: done, on_failure: look, timeout: 5m }
`;
