/** Limits that a worker sets itself, inside those the host gives it: unit, reason, and what happens at each. */

/** Standard output and standard error each, in bytes of JSON: the model reads them. The rest is dropped and said so. */
export const OUTPUT_BYTES_MAX = 64 * 1024;

/**
 * What the end of a program adds to its standard error, in bytes of JSON: one such message, and all of them. With both
 * outputs and a value they stay under the host's limit of a result. The rest is dropped and said so.
 */
export const NOTE_BYTES_MAX = 4 * 1024;
export const NOTES_BYTES_MAX = 16 * 1024;

/** The value of the last expression as JSON, in bytes. A larger one is left out and standard error says so. */
export const VALUE_BYTES_MAX = 64 * 1024;

/** C stack of the engine in bytes; recursion past it is "stack overflow" inside the program, exit code 1. */
export const STACK_BYTES_MAX = 128 * 1024;

/** The same for the shell, whose every function call of a script is several of the engine. */
export const SHELL_STACK_BYTES_MAX = 512 * 1024;

/** The whole of the engine's C stack, as the pinned version is linked. */
export const ENGINE_STACK_BYTES = 5 * 1024 * 1024;

/** Of that, what is made zero for the next call: twice what a program comes to. An instance that went deeper is not kept. */
export const STACK_CLEANED_BYTES = 256 * 1024;

/** Linear memory beside the heap that a program may fill: the engine's stack, tables and copies of strings. */
export const ENGINE_OVERHEAD_BYTES = 32 * 1024 * 1024;

/**
 * What that memory begins with, in pages of 64 KiB: 5 MiB are its C stack's, the rest is heap, which grows with its
 * program. Every call has a memory of its own, and what it does not need still costs. Built in by scripts/build-assets.ts.
 */
export const ENGINE_PAGES_MIN = 96;

/**
 * Linear memory of an instance that waits for its isolate's next call, in bytes. A larger one (Bash: 18 MiB) is made anew: an
 * isolate has 128 MB for all of its calls. A pack's tool that comes to more while it is loaded is loaded in each call.
 */
export const SPARE_BYTES_MAX = 9 * 1024 * 1024;

/**
 * Loop rounds between two looks at the clock: 3 ms of bytecode, at most about 50 ms of the slowest loop in C. Built
 * into the engine's code by scripts/build-assets.ts.
 */
export const TICK_LOOPS = 1 << 20;

/** The engine gives way to other work in the process after this time. */
export const TURN_MS_MAX = 10;

/** The same in ticks, because a production clock stands still until the engine gives way. */
export const TURN_TICKS_MAX = 8;

/**
 * Ticks per millisecond of the time limit after which a program is stopped whatever the clock says. Four times what
 * a fast machine does, so that the clock always comes first where there is one.
 */
export const TICKS_PER_MS_MAX = 2;

/** Timers a program may have waiting. Over it: an error inside the program. */
export const TIMERS_MAX = 1_000;

/** Entries in a list, matches in a search. The rest is counted, not returned. */
export const ENTRIES_MAX = 500;
export const MATCHES_MAX = 200;

/** A matching line in UTF-16 code units, and the text searched for. Longer lines are cut, longer queries refused. */
export const MATCH_TEXT_LENGTH_MAX = 300;
export const QUERY_LENGTH_MAX = 1_000;

/** Content returned by a read, in bytes of JSON, so that a result stays under the host's limit. The rest is dropped. */
export const READ_BYTES_MAX = 200 * 1024;

/** Requests that a pack's tool may have on their way at once. Over it: an error inside the tool. */
export const FETCHES_PENDING_MAX = 16;

/** Hops of one request after the first. Over it: TOOL_FAILED. */
export const REDIRECTS_MAX = 5;

/** One object of a repository, unpacked, and any piece of memory that git asks for at once. Over it: TOOL_LIMIT. */
export const GIT_OBJECT_BYTES_MAX = 32 * 1024 * 1024;
/** Objects of one pack. Over it: TOOL_LIMIT. A shallow clone of a large project has some thousands. */
export const GIT_OBJECTS_MAX = 20_000;
/** File operations of git between two breaths; each takes some microseconds of a small file. */
export const GIT_STEPS_PER_TURN = 64;
/** History that a clone brings along, unless the call says otherwise. */
export const GIT_DEPTH_DEFAULT = 1;
/** Commits that a log shows, unless the call says otherwise, and at most. */
export const GIT_LOG_DEFAULT = 20;
export const GIT_LOG_MAX = 200;
/** A file that a diff shows, each side in bytes; of a larger one it only says that it differs. */
export const GIT_DIFF_FILE_BYTES_MAX = 256 * 1024;
/** Lines that differ in one file; a diff takes time in their square. Over it: only that it differs. */
export const GIT_DIFF_EDITS_MAX = 4_000;

/** Files a Python program may have open, and bytes and files under /tmp. Over them: EMFILE, ENOSPC in the program. */
export const DESCRIPTORS_MAX = 128;
export const SCRATCH_BYTES_MAX = 8 * 1024 * 1024;
export const SCRATCH_FILES_MAX = 1_000;

/** Loop rounds of the Python interpreter between two looks at the clock: 2 to 5 ms of work. */
export const PYTHON_TICK_LOOPS = 1 << 18;

/** One tool of a remote server (name, description, schema) as JSON, and all that are wanted of it. Over it: left out. */
export const MCP_TOOL_BYTES_MAX = 24 * 1024;
export const MCP_LIST_BYTES_MAX = 192 * 1024;
/** Pages of a server's list that are read. Wanted tools that stand further back count as not there. */
export const MCP_LIST_PAGES_MAX = 20;
/** Structured content of a remote tool as JSON. Over it: left out and said so; the text stands beside it. */
export const MCP_STRUCTURED_BYTES_MAX = 32 * 1024;
/**
 * Images, links and other blocks of one answer that are named, and what that takes as JSON. The rest is counted. With
 * the longest text and structure they stay under the host's limit of a result: a call that was made must not fail of it.
 */
export const MCP_OTHERS_MAX = 50;
export const MCP_OTHERS_BYTES_MAX = 16 * 1024;
/** How long a session's end is told to its server, out of the call's time; after that it has its own time-out. */
export const MCP_FAREWELL_MS_MAX = 2_000;
