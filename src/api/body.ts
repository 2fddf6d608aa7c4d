/**
 * Bytes of a request -> JSON that is safe to walk: bounded in size, time and depth, well-formed Unicode without NUL.
 * Whether it is what a route wants is the schemas' business.
 */
import { AppError, Canceller, type Clock, within } from "../platform/index.ts";
import { BODY_TIMEOUT_MS, DRAIN_BYTES_MAX, DRAIN_MS, HEADER_BYTES_MAX, JSON_DEPTH_MAX } from "./limits.ts";

/** @throws AppError HEADERS_TOO_LARGE */
export function checkHeaderSize(headers: Headers): void {
  let bytes = 0;
  // Names and values are byte strings here, so their length is their size; 4 for ": " and the line's end.
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  if (bytes > HEADER_BYTES_MAX) {
    throw new AppError("HEADERS_TOO_LARGE", `All headers together may have ${HEADER_BYTES_MAX} bytes.`);
  }
}

const tooLarge = (bytesMax: number): AppError => new AppError("TOO_LARGE", `A body may have ${bytesMax} bytes.`);

/** @throws AppError TOO_LARGE, REQUEST_TIMEOUT */
export async function readBytes(
  request: Request,
  limits: { readonly clock: Clock; readonly bytesMax: number },
): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > limits.bytesMax) throw tooLarge(limits.bytesMax);
  if (request.body === null) return new Uint8Array(0);
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const timer = new Canceller();
  const late = limits.clock.sleep(BODY_TIMEOUT_MS, timer.signal).then(
    () => "late" as const,
    () => "late" as const,
  );
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const read = await Promise.race([reader.read(), late]);
      if (read === "late")
        throw new AppError("REQUEST_TIMEOUT", `A body must arrive within ${BODY_TIMEOUT_MS / 1000} s.`);
      if (read.done) break;
      size += read.value.byteLength;
      if (size > limits.bytesMax) throw tooLarge(limits.bytesMax);
      chunks.push(read.value);
    }
  } catch (thrown) {
    // What is too large may be drained; the rest of any other is of no use, and a failing cancel changes nothing about the answer.
    if (size > limits.bytesMax) reader.releaseLock();
    else reader.cancel().catch(() => undefined);
    throw thrown;
  } finally {
    timer.abort();
  }
  return joinChunks(chunks, size);
}

/**
 * Reads what nobody read of a body, and forgets it: the local runtime cuts off a client that is still sending when its answer is
 * there, and the answer is lost with the connection. Deployed, the edge sees to that.
 */
export async function drainBody({ body }: Request, clock: Clock): Promise<void> {
  if (body === null || body.locked) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const toEnd = async (): Promise<void> => {
    for (let size = 0; size <= DRAIN_BYTES_MAX; ) {
      const { value, done } = await reader.read();
      if (done) return;
      size += value.byteLength;
    }
  };
  // A client that does not end in time, or has left, has had its answer as well as can be.
  await within(clock, DRAIN_MS, () => new Error("the body does not end"), toEnd).catch(() => undefined);
}

function joinChunks(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** `application/json`, `application/<anything>+json`, with any parameters. */
export const isJsonType = (contentType: string | null): boolean =>
  /^application\/(?:[A-Za-z0-9.+-]+\+)?json\s*(?:;|$)/i.test(contentType?.trim() ?? "");

/** Depth of the deepest array or object in JSON text, counted without parsing it. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) isInString = false;
    } else if (code === 0x22) isInString = true;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}

/** Undefined when the string may be stored; else what is wrong with it. */
function textFault(text: string): string | undefined {
  if (text.includes("\0")) return "must not contain the character NUL";
  if (!text.isWellFormed()) return "must not contain half of a surrogate pair";
  return undefined;
}

const escapePointer = (part: string): string => part.replaceAll("~", "~0").replaceAll("/", "~1");

/** JSON pointer of a path of keys and indexes. @see RFC 6901 */
export const toPointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${escapePointer(String(part))}`).join("");

type Fault = { readonly pointer: string; readonly message: string };

function findFaults(value: unknown, pointer: string, faults: Fault[]): void {
  if (typeof value === "string") {
    const fault = textFault(value);
    if (fault !== undefined) faults.push({ pointer, message: fault });
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      findFaults(item, `${pointer}/${index}`, faults);
    });
  } else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      const at = `${pointer}/${escapePointer(key.toWellFormed())}`;
      const fault = key === "__proto__" ? "is not allowed as a name" : textFault(key);
      if (fault !== undefined) faults.push({ pointer: at, message: fault });
      findFaults(member, at, faults);
    }
  }
}

/** @throws AppError INVALID_REQUEST naming every string of `value` that cannot be stored. */
export function checkText(value: unknown): void {
  const errors: Fault[] = [];
  findFaults(value, "", errors);
  if (errors.length > 0) {
    throw new AppError("INVALID_REQUEST", "The request holds text that cannot be stored.", { errors });
  }
}

// Only these spellings can put a NUL, a surrogate half or that name into a parsed value: bytes that are valid UTF-8 hold
// no surrogate, JSON refuses a bare NUL, and of the name each letter may be escaped. Everything else is spared the walk.
const SUSPECT = /\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2}|005[fF]|006[fF]|007[024])|__proto__/;

/**
 * @throws AppError INVALID_REQUEST: not UTF-8, not JSON, too deep, or with characters that cannot be stored.
 */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new AppError("INVALID_REQUEST", "The body must be UTF-8.", { cause });
  }
  if (jsonDepth(text) > JSON_DEPTH_MAX) {
    throw new AppError("INVALID_REQUEST", `The body may nest ${JSON_DEPTH_MAX} levels deep.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError("INVALID_REQUEST", "The body must be JSON.", { cause });
  }
  if (SUSPECT.test(text)) checkText(value);
  return value;
}
