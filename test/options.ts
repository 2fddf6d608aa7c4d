/** The options of `npm run prove` and `npm run bench`. */
import { type ParseArgsConfig, parseArgs } from "node:util";

/** Ends the process with 2, and a line instead of a stack, where an option is not one of these or lacks its value. */
export function readOptions<const T extends NonNullable<ParseArgsConfig["options"]>>(options: T) {
  try {
    return parseArgs({ options }).values;
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exit(2);
  }
}
