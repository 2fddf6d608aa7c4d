/** Upstash's rate limiter, to load on first use. It is CommonJS: of an `import()` of it a bundler need not make names. */
export { Ratelimit } from "@upstash/ratelimit";
