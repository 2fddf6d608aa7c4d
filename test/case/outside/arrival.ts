/** One thing that an attack brought about at a server of the outside. */
export type Arrival = {
  readonly server: "attacker" | "drop" | "git" | "remote";
  /** Enough of it to tell which case it came from. */
  readonly what: string;
};
