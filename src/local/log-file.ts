/** The log of `npm start`: appended line by line, kept to two files of bounded size. */
import { closeSync, openSync, renameSync, statSync, writeSync } from "node:fs";

export interface LogFile {
  line(text: string): void;
  close(): void;
}

/**
 * @param bytesMax size at which the file becomes `<path>.1`, replacing the one before.
 * @param onLost told once, in a sentence, when lines cannot be written: a full disk must not end what is being served.
 */
export function openLogFile(path: string, bytesMax: number, onLost: (sentence: string) => void): LogFile {
  // Inputs and answers never reach the log, but ids and addresses do: it is the owner's alone.
  const openFile = (): number => openSync(path, "a", 0o600);
  let file: number | null = openFile();
  let bytes = statSync(path).size;
  let isOpen = true;
  let isTold = false;
  const closeFile = (): void => {
    if (file !== null) closeSync(file);
    file = null;
  };
  return {
    line: (text) => {
      if (!isOpen) return;
      const line = `${text}\n`;
      try {
        if (bytes > 0 && bytes + Buffer.byteLength(line) > bytesMax) {
          closeFile();
          renameSync(path, `${path}.1`);
          bytes = 0;
        }
        file ??= openFile();
        bytes += writeSync(file, line);
      } catch (thrown) {
        if (!isTold) onLost(`The log cannot be written: ${thrown instanceof Error ? thrown.message : String(thrown)}.`);
        isTold = true;
      }
    },
    close: () => {
      closeFile();
      isOpen = false;
    },
  };
}
