/** What evaluates compiled Rego, to load on first use: it brings a YAML parser and a formatter along. */
export { loadPolicy } from "@open-policy-agent/opa-wasm";
