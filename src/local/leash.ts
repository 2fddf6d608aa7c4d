/**
 * Loaded into wrangler's process before its own program. Its standard input is a pipe that the runner holds open:
 * when the runner is gone, however it ended, the pipe ends, and wrangler ends with the runtime below it. What even
 * this misses (wrangler killed too) the next start finds through the lock.
 */
process.stdin.on("end", () => process.exit(1));
process.stdin.resume();
