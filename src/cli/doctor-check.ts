/** One thing the doctor looked at, and what is to be done about it. */
export type Check = {
  readonly name: string;
  readonly status: "ok" | "warning" | "error";
  readonly detail: string;
  /** A command or a setting; null when nothing is to be done. */
  readonly fix: string | null;
};

export const good = (name: string, detail: string): Check => ({ name, status: "ok", detail, fix: null });
export const warn = (name: string, detail: string, fix: string): Check => ({ name, status: "warning", detail, fix });
export const bad = (name: string, detail: string, fix: string): Check => ({ name, status: "error", detail, fix });
