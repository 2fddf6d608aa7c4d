/** Every limit of the doors: unit, reason, and what happens at the limit. The body limit is configuration (BODY_BYTES_MAX). */

/** UTF-8 bytes of all header names and values together. Over it: 431 HEADERS_TOO_LARGE. */
export const HEADER_BYTES_MAX = 16 * 1024;

/** Nested arrays and objects in a JSON body; deeper documents exhaust the stack of whoever walks them. Over it: 400 INVALID_REQUEST. */
export const JSON_DEPTH_MAX = 64;

/** From the first byte asked of a body to its end; a body that trickles in holds memory. Over it: 408 REQUEST_TIMEOUT. */
export const BODY_TIMEOUT_MS = 30_000;

/** Of a body that is refused, read in development so that its client can be told; the platform itself takes no larger one. Over them: the connection is cut. */
export const DRAIN_BYTES_MAX = 100 * 1024 * 1024;
export const DRAIN_MS = 10_000;

/** `metadata` of a run: it is stored with the task and sent with each of its reads. Over them: 400 INVALID_REQUEST. */
export const METADATA_ENTRIES_MAX = 64;
export const METADATA_KEY_CHARS_MAX = 128;
export const METADATA_VALUE_CHARS_MAX = 4096;

/** Items of one page of a list. Over it: 400 INVALID_REQUEST. */
export const LIST_LIMIT_MAX = 100;
export const LIST_LIMIT_DEFAULT = 50;

/** Events of one JSON page. Over it: 400 INVALID_REQUEST. */
export const EVENT_LIMIT_MAX = 1000;
export const EVENT_LIMIT_DEFAULT = 100;

/** Characters of a cursor before it is read. Over it: 400 INVALID_REQUEST. */
export const CURSOR_CHARS_MAX = 512;

/** Files of one published pack; the bytes are bounded by the body. Over it: 400 INVALID_REQUEST. */
export const PACK_FILES_MAX = 500;

/** A person's reason for a decision: it goes into the task's events, and a rejection's to the model. Over it: 400 INVALID_REQUEST. */
export const DECISION_REASON_CHARS_MAX = 2_000;
/** What a person says a call gave, as JSON: as much as a tool's own result may be. Over it: 400 INVALID_REQUEST. */
export const DECISION_RESULT_BYTES_MAX = 256 * 1024;

/** Calls of one object method, the first included; made again only when the platform says a repetition is safe. Then 503 UNAVAILABLE. */
export const OBJECT_CALL_ATTEMPTS_MAX = 3;
/** Delay before the second call; doubled for each further one, with full jitter. */
export const OBJECT_CALL_DELAY_MS = 100;
/** One call of an object, its start included. Over it: 503 UNAVAILABLE. */
export const OBJECT_CALL_TIMEOUT_MS = 30_000;

/** `Prefer: wait=N`: longer waits hold connections that clients and proxies cut anyway. A larger N waits this long. */
export const PREFER_WAIT_SECONDS_MAX = 30;
/** So much of it is one call of the task's object, well under OBJECT_CALL_TIMEOUT_MS: also how long the object minds a caller who has gone. */
export const WAIT_SLICE_MS = 10_000;

/** How long one MCP call follows its task; clients give up after about a minute without progress. Then it answers with the task's id and the task goes on. */
export const MCP_WAIT_MS_MAX = 50_000;

/** Sent with 503 and 429 when nothing better is known, and with 202 as the time of a first look. */
export const RETRY_AFTER_SECONDS = 1;

/** The longest deadline an RPC client may ask for; a longer one is an InvalidArgument. */
export const RPC_TIMEOUT_MS_MAX = 3_600_000;
/** Times RunAgent takes a broken stream up again without a new event in between. Then Unavailable; the same key re-attaches. */
export const RPC_RESUME_ATTEMPTS_MAX = 5;
export const RPC_RESUME_DELAY_MS = 200;

/** Characters of one event frame before its end was seen; a stream that never ends a frame is broken. Over it the stream counts as cut. */
export const SSE_FRAME_CHARS_MAX = 8 * 1024 * 1024;

/** While a task waits for a person its object is asked this often, instead of being held by an open stream. */
export const WAIT_POLL_MS = 5_000;
/** Then a stream ends, and reconnecting resumes it: five minutes. */
export const WAIT_POLLS_MAX = 60;
/** A comment after so many polls, so that proxies and readers know the stream lives: every 15 s. */
export const WAIT_HEARTBEAT_POLLS = 3;

/** How long one health watch is held open; then the stream ends and the client watches anew. */
export const HEALTH_WATCH_MS_MAX = 600_000;

/** Characters of a key's id: 95 bits, so that two keys never meet. Fixed: it is part of the key's form. */
export const KEY_ID_CHARS = 16;
/** Characters of a key's secret: 256 bits of the 62 letters and digits. Fixed. */
export const KEY_SECRET_CHARS = 43;
/** Keys of one tenant that are neither revoked nor expired. Over it: 409 KEY_LIMIT_REACHED. */
export const KEYS_ACTIVE_MAX = 100;
/** Ended keys that a tenant's list still shows; the oldest make room. Their own objects keep refusing them. */
export const KEYS_ENDED_MAX = 400;
/** Changes of one tenant's keys that Postgres was not told of while it is away. Over it: 503 UNAVAILABLE for new keys, and nothing is lost. */
export const KEYS_UNTOLD_MAX = 1_000;
/** Keys in one request to Postgres. */
export const KEYS_TOLD_AT_ONCE = 100;
/** How long a tenant's object waits before it tries Postgres again: doubled each time, with jitter. A tenant's changes are rare, so minutes are soon enough. */
export const TENANT_RETRY_MS_MIN = 2_000;
export const TENANT_RETRY_MS_MAX = 5 * 60_000;
/** Characters of the name of a key or a tenant. Over it: 400 INVALID_REQUEST. */
export const NAME_CHARS_MAX = 128;
/** How long an isolate believes what a key's object said. Bounds the time until a revocation holds everywhere; 60 s are promised. */
export const KEY_CACHE_MS = 30_000;
/** Keys an isolate remembers at once; the oldest makes room. */
export const KEY_CACHE_ENTRIES_MAX = 10_000;
/** How often the Worker asks whether the caller of an open stream may still have it; with KEY_CACHE_MS it is under the 60 s promised. */
export const READMIT_EVERY_MS = 20_000;
/** How exact the time of a key's last use is: one write an hour, however busy the key. */
export const KEY_USED_MS = 3_600_000;

/** Characters of a webhook's address and of its description: what their columns hold. Over them: 400 INVALID_REQUEST. */
export const WEBHOOK_URL_CHARS_MAX = 2_048;
export const WEBHOOK_DESCRIPTION_CHARS_MAX = 256;
/** Refused credentials of one client address in AUTH_FAILURES_WINDOW_MS, counted by each isolate. Over it: 429 RATE_LIMITED. */
export const AUTH_FAILURES_MAX = 60;
export const AUTH_FAILURES_WINDOW_MS = 60_000;
/** Client addresses with refused credentials that an isolate remembers; the one that failed longest ago makes room. */
export const AUTH_CLIENTS_MAX = 10_000;
/** How long a credential's success needs no second row in the audit log, per isolate. */
export const AUTH_WITNESS_MS = 60_000;
/** Callers an isolate remembers for it; the one seen longest ago makes room. */
export const AUTH_WITNESSED_MAX = 10_000;

/** Secrets of one tenant. Over it: 409 SECRET_LIMIT_REACHED. */
export const SECRETS_MAX = 64;
/** UTF-8 bytes of a secret. Over it: 400 INVALID_REQUEST. */
export const SECRET_VALUE_BYTES_MAX = 8 * 1024;
/** Characters of a secret. A shorter one could be guessed, and stands in texts by chance, where it is looked for. */
export const SECRET_CHARS_MIN = 8;

/** Characters of a bearer token; the parser of a longer one never runs. Over it: 401 UNAUTHENTICATED. */
export const TOKEN_CHARS_MAX = 8192;
/** Age of a token by its `iat`, whatever its `exp` says. Over it: 401 UNAUTHENTICATED. */
export const TOKEN_AGE_SECONDS_MAX = 86_400;
/** By how much the issuer's clock may differ from ours. */
export const TOKEN_LEEWAY_SECONDS = 60;
/** Tenants one token may name. Over it: 401 UNAUTHENTICATED. */
export const TOKEN_TENANTS_MAX = 100;
/** One request for the issuer's keys. Over it: the keys known before, else 503 UNAVAILABLE. */
export const JWKS_TIMEOUT_MS = 5_000;
/** The least time between two requests for the issuer's keys, so that tokens with made-up key ids cannot call for more. */
export const JWKS_COOLDOWN_MS = 30_000;
/** How long the issuer's keys are used without asking again. */
export const JWKS_FRESH_MS = 600_000;
/** How long they are used when the issuer does not answer. Over it: 503 UNAVAILABLE. */
export const JWKS_STALE_MS_MAX = 86_400_000;

/** Slices a rate window is kept in: what an object holds for a tenant. A place comes back up to one slice late. */
export const WINDOW_SLICES = 60;
/** Reads of one tenant; far above what one client polls. Over it: 429 RATE_LIMITED. The other limit is configuration (RATE_LIMIT_REQUESTS). */
export const READ_LIMIT_REQUESTS = 1_200;
export const READ_LIMIT_WINDOW_MS = 60_000;
/** One question to the limiter in Redis. Over it the tenant's limiter object is asked instead. */
export const LIMITER_REDIS_TIMEOUT_MS = 300;
/**
 * From a place taken to its row, and whatever else is taken meanwhile goes into the same one; a tenth of a shorter window. A crash
 * forgets them: a tenant gets so many again.
 */
export const LIMITER_KEEP_MS = 500;
/** How long Redis is left alone after it failed; until then the objects count. */
export const REDIS_REST_MS = 5_000;
