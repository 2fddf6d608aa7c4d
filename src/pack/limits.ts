/** Every limit of this room: its unit, its reason, and what happens at it. */

/** Bytes of one file of a pack. The largest real layer is a few KB; a parser's worst cases stay under a second. Over it: an error. */
export const FILE_BYTES_MAX = 256 * 1024;

/** Files one pack may read, shared ones included. A pack of 100 skills fits. Over it: an error. */
export const FILES_READ_MAX = 200;

/** Levels of mappings and lists in one file, as for request bodies. Over it: an error, and the rest of that branch is not read. */
export const DEPTH_MAX = 64;

/** Values in one file: 256 KB of `a: 1` would be 50,000, and nobody writes that by hand. Over it: an error, and the rest is not read. */
export const VALUES_MAX = 20_000;

/** Files in one chain of `extends`: deeper chains cannot be followed by a reader. Over it: an error. */
export const CHAIN_MAX = 8;

/** Skills of one pack. Over it: an error, and the rest is not read. */
export const SKILLS_MAX = 1_000;

/** Members of mappings that are copied to lay one over another, in all layers of a pack: one file may be extended many times. Over it: an error. */
export const MERGED_MAX = 50_000;

/** Problems shown for one file or layer: a file of 200,000 stray braces must not become 200,000 lines. Over it: one line counts the rest. */
export const PROBLEMS_PER_FILE_MAX = 100;

/** Bytes of the canonical JSON of a composed pack: it is read into memory by each task that runs it. Over it: an error. */
export const COMPOSED_BYTES_MAX = 1024 * 1024;

/** Characters of a value shown in a problem. Over it: cut, with an ellipsis. */
export const FOUND_LENGTH_MAX = 60;

/** Milliseconds an isolate may answer from what it last read of a shelf, and for which it believes that a pack is on none. */
export const POINTER_CACHE_MS = 1_000;
/**
 * The same of which version is the newest: a version that was published elsewhere is run within this. Each acceptance asks two
 * shelves, and most tenants have nothing on their own.
 */
export const NEWEST_CACHE_MS = 5_000;

/** Answers about shelves kept by an isolate. Over it: the oldest is dropped. */
export const POINTER_CACHE_ENTRIES_MAX = 500;

/** Composed packs kept by an isolate, which has 128 MB in all. Over either: the least recently used is dropped. */
export const BLOB_CACHE_ENTRIES_MAX = 100;
/** Characters of canonical JSON over all cached packs. */
export const BLOB_CACHE_LENGTH_MAX = 8 * 1024 * 1024;

/** Objects the bucket lists at once; its own ceiling. */
export const LIST_PAGE_SIZE = 1_000;
/** Pages read of one shelf: 20,000 published versions. Over it: the rest is not listed, which is an error. */
export const LIST_PAGES_MAX = 20;

/** Attempts to name a pack's newest version while others publish: one of those at it gets through each time. Over it: 503. */
export const POINT_ATTEMPTS_MAX = 20;

/** Records read at once: a Worker has six connections, and the request needs one of its own. */
export const READS_AT_ONCE = 4;

/** Bytes of one bundled tool, minified: it is read into each isolate that runs it. Over it: an error. */
export const TOOL_BUNDLE_BYTES_MAX = 256 * 1024;

/** Remote MCP servers of one pack, each asked when a task begins. Over it: an error. */
export const MCP_SERVERS_MAX = 8;
/** Tools of one server that are offered: the model reads all of them in every turn. Over it: an error. */
export const MCP_TOOLS_MAX = 64;
/** Characters of a server's URL. Over it: an error. */
export const MCP_URL_LENGTH_MAX = 2_000;

/** Tools that one pack brings. Over it: an error. */
export const TOOL_BUNDLES_MAX = 32;
