/** What the local runner takes from the command line: the client and the reading of packs. Nothing else imports this room. */

export { type Client, createClient } from "./client.ts";
export { CliError } from "./exit.ts";
export { listPackFolders, readPackFolder } from "./pack-files.ts";
export { publishPack } from "./publish.ts";
