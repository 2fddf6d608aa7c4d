/** What an attempt to get out of the sandbox is. */
export const AREAS = ["code", "network", "files", "rpc", "engines"] as const;

/** What it reaches for, what it is called, and what it runs. */
export type Attempt = readonly [area: (typeof AREAS)[number], what: string, code: string];
