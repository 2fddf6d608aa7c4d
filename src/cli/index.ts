/** What the local runner takes from the command line: the client, the reading of packs, and what a terminal may be shown. Nothing else imports this room. */

export { type Client, createClient } from "./client.ts";
export { CliError } from "./exit.ts";
export { listPackFolders, readPackFolder } from "./pack-files.ts";
export { publishPack } from "./publish.ts";
export { forTerminal } from "./terminal.ts";
