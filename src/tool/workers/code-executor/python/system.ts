/**
 * The system calls of the interpreter: the whole of what code inside it can ask for. Files are the run's own, the
 * clock and randomness are handed in, and what is not in this table is not there.
 */
import { readDate, writeDate } from "./calendar.ts";
import { Exit, type SystemOptions, type SystemTable } from "./calls.ts";
import { descriptorCalls } from "./descriptor-calls.ts";
import { pathCalls } from "./path-calls.ts";

const PAGE_BYTES = 65_536;
const NS_PER_MS = 1e6;
/** `struct pollfd`: a descriptor, what is asked for, and what came of it. */
const POLL_BYTES = 8;
const POLL_IN_OUT = 5;
/** `EAI_FAIL`: there is nobody to ask for an address. */
const NO_ADDRESS = -4;

export function createSystem(options: SystemOptions): SystemTable {
  return { ...processCalls(options), ...clockCalls(options), ...pathCalls(options), ...descriptorCalls(options) };
}

function processCalls({ memory, memoryBytesMax, env, randomBytes, wait }: SystemOptions): SystemTable {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const size = variables.reduce((sum, text) => sum + new TextEncoder().encode(text).length + 1, 0);
  const exit = (code: number): never => {
    throw new Exit(code & 0xff);
  };
  return {
    exit,
    proc_exit: exit,
    environ_sizes_get: (count: number, bytes: number) => {
      memory.setU32(count, variables.length);
      memory.setU32(bytes, size);
      return 0;
    },
    environ_get: (pointers: number, buffer: number) => {
      let at = buffer;
      for (const [index, text] of variables.entries()) {
        memory.setU32(pointers + index * 4, at);
        at += memory.setText(at, text, size) ?? 0;
      }
      return 0;
    },
    random_get: (at: number, length: number) => {
      randomBytes(memory.bytes(at, length));
      return 0;
    },
    emscripten_get_heap_max: () => memoryBytesMax,
    emscripten_resize_heap: (wanted: number) => {
      const bytes = wanted >>> 0;
      if (bytes > memoryBytesMax) return 0;
      return memory.grow(Math.ceil(Math.max(0, bytes - memory.size) / PAGE_BYTES)) ? 1 : 0;
    },
    _emscripten_get_progname: (at: number, room: number) => void memory.setText(at, "python", room),
    // All descriptors that there are can be read and written at once: only without any is this a wait, for time.
    __syscall_poll: async (at: number, count: number, timeoutMs: number) => {
      if (count === 0 && timeoutMs > 0) await wait(timeoutMs);
      const view = memory.view();
      for (let index = 0; index < count; index++) {
        const asked = (at >>> 0) + index * POLL_BYTES + 4;
        view.setInt16(asked + 2, view.getInt16(asked, true) & POLL_IN_OUT, true);
      }
      return count;
    },
    __syscall_getuid32_js: () => 0,
    __syscall_umask_js: () => 0o022,
    // A signal that is raised has no handler to run, and a name no address.
    __call_sighandler: () => undefined,
    getaddrinfo: () => NO_ADDRESS,
  };
}

function clockCalls({ memory, now }: SystemOptions): SystemTable {
  return {
    emscripten_date_now: now,
    emscripten_get_now: now,
    clock_time_get: (_clock: number, _precision: bigint, at: number) => {
      memory.setU64(at, now() * NS_PER_MS);
      return 0;
    },
    clock_res_get: (_clock: number, at: number) => {
      memory.setU64(at, NS_PER_MS);
      return 0;
    },
    _tzset_js: (zone: number, daylight: number, standardName: number, summerName: number) => {
      memory.setU32(zone, 0);
      memory.setU32(daylight, 0);
      memory.setText(standardName, "UTC", 4);
      memory.setText(summerName, "UTC", 4);
    },
    _localtime_js: (seconds: bigint, at: number) => writeDate(memory, at, Number(seconds)),
    _gmtime_js: (seconds: bigint, at: number) => writeDate(memory, at, Number(seconds)),
    _mktime_js: (at: number) => readDate(memory, at),
    _timegm_js: (at: number) => readDate(memory, at),
  };
}
