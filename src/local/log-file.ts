/** The log of `npm start`: appended line by line, kept to two files of bounded size. */
import { closeSync, openSync, renameSync, statSync, writeSync } from "node:fs";

export interface LogFile {
  line(text: string): void;
  close(): void;
}

/** @param bytesMax size at which the file becomes `<path>.1`, replacing the one before. */
export function openLogFile(path: string, bytesMax: number): LogFile {
  // Inputs and answers never reach the log, but ids and addresses do: it is the owner's alone.
  let file = openSync(path, "a", 0o600);
  let bytes = statSync(path).size;
  let open = true;
  return {
    line: (text) => {
      if (!open) return;
      const line = `${text}\n`;
      if (bytes > 0 && bytes + Buffer.byteLength(line) > bytesMax) {
        closeSync(file);
        renameSync(path, `${path}.1`);
        file = openSync(path, "a", 0o600);
        bytes = 0;
      }
      bytes += writeSync(file, line);
    },
    close: () => {
      if (open) closeSync(file);
      open = false;
    },
  };
}
