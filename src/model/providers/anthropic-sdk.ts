/**
 * What anthropic.ts needs of Anthropic's SDK, for it to load on first use. Named here, because a bundler leaves out what
 * nobody names, which an `import()` of the whole package cannot say: its resources, four fifths of it, stay behind.
 */
export { APIError, BaseAnthropic } from "@anthropic-ai/sdk";
