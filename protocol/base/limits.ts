/** Every bound on the wire, with its unit in its name. Queues, pages and waits take their bounds from here. */

/** Raw bytes of `data` in one chunk. JSON may write each as six (`\u0000`), so a line stays under 400 KiB. */
export const CHUNK_BYTES_MAX = 64 * 1024;

/** The greatest sequence number: one that an output event's id has room for. */
export const SEQ_MAX = 999_999_999_999;

/** Bytes of one batch as posted. A batch is one row, and a row of a Durable Object ends at 2 MB. */
export const BATCH_BYTES_MAX = 1024 * 1024;

/** The smallest limit of a batch: a producer lowers its limit to this if batches do not arrive in time. One chunk may have more. */
export const BATCH_BYTES_MIN = 64 * 1024;

/** Chunks in one batch. */
export const BATCH_CHUNKS_MAX = 10_000;

/** The longest record that a reader waits for, in characters: a chunk's line or event, and some more. */
export const RECORD_CHARS_MAX = 1024 * 1024;

/** Bytes of any JSON body that is not a batch: a new execution, an action's metadata. */
export const JSON_BODY_BYTES_MAX = 1024 * 1024;

/** Objects in one request to write executions to the index again: each costs a call of its object and a write. */
export const INDEX_OBJECTS_MAX = 32;

/** Texts in one request to redact, and characters of one: a private key of 4,096 bits fits. */
export const REDACT_TEXTS_MAX = 100;
export const REDACT_TEXT_CHARS_MAX = 4 * 1024;

/**
 * Levels of nested lists and objects: in a value from an action, a user or a file; in a request's body, which contains such values;
 * and in a document, which contains bodies below the levels of nested chains.
 */
export const VALUE_DEPTH_MAX = 100;
export const BODY_DEPTH_MAX = 128;
export const JSON_DEPTH_MAX = 256;

/** Characters of a user's regular expression, and instructions of its program (`a{1000}` has a thousand). */
export const PATTERN_CHARS_MAX = 1_000;
export const PATTERN_SIZE_MAX = 10_000;

/** Steps of one check of parameters, one search or one template. A step takes tens of nanoseconds. */
export const STEPS_MAX = 64 * 1024 * 1024;

/** Characters of one YAML text: a pack's file, or what a template reads. */
export const YAML_CHARS_MAX = 1024 * 1024;

/** Bytes of one argument of a program, and of one variable with its name: Linux takes 128 KiB, its last byte included. */
export const ARGUMENT_BYTES_MAX = 128 * 1024 - 1;

/** Bytes of all arguments and variables from a run: Linux takes 2 MiB, including the host's own variables. */
export const START_BYTES_MAX = 1024 * 1024;

/** Bytes, and actions, of a registration in one request, which agents of the first release send. */
export const REGISTER_BODY_BYTES_MAX = 8 * 1024 * 1024;
export const REGISTER_ACTIONS_MAX = 2_000;

/** Bytes of one page of a pack's actions as JSON, and of one action in it. A page is one parameter of a statement, quoted once more. */
export const REGISTER_PAGE_BYTES_MAX = 768 * 1024;
export const ACTION_BYTES_MAX = 512 * 1024;

/**
 * Bytes of a result as JSON: of one execution, and of all its children together. It is one row, and a row of a Durable Object ends at
 * 2 MB. A longer result is shortened.
 */
export const RESULT_BYTES_MAX = 1792 * 1024;

/** Bytes of the body that ends an execution: the result, and some more. */
export const END_BODY_BYTES_MAX = RESULT_BYTES_MAX + 4 * 1024;

/** Characters of the last output that comes with an end, and bytes of that body: quoted once more, the output may be twice as long. */
export const END_OUTPUT_CHARS_MAX = 16 * 1024;
export const END_REQUEST_BYTES_MAX = END_BODY_BYTES_MAX + 2 * END_OUTPUT_CHARS_MAX;

/** Bytes of a value that `run_action.py` answers to the agent, which first masks it and then shortens it. */
export const ANSWER_VALUE_BYTES_MAX = 4 * 1024 * 1024;

/** Bytes of an execution's parameters as JSON: a request may have as many, and a row has room for them and the action's defaults. */
export const PARAMETERS_BYTES_MAX = JSON_BODY_BYTES_MAX;

/** Days that an output or an execution may be kept after its end; 0 is forever. */
export const KEPT_DAYS_MAX = 36_500;

/** Bytes that a chunk counts against the limit of an output besides its data: for its number, its time and its stream. */
export const CHUNK_OVERHEAD_BYTES = 128;

/** Bytes that are cut at once from the middle of an output that has reached its limit. */
export const CUT_BYTES_MAX = 4 * 1024 * 1024;

/** Between two pings of an agent to its pool, or of a reader's WebSocket to its log. Both answer without waking up. */
export const PING_MS = 3_000;

/** Unanswered pings in a row after which the side that pings counts the connection as dead: 9 to 12 s. */
export const PINGS_UNANSWERED_MAX = 3;

/** Missing pings after which the other side counts the connection as dead, if pings were promised: 12 s. */
export const PINGS_MISSING_MAX = 4;

/** The interval of pings that an agent or a reader may promise. */
export const PING_MS_MIN = 100;
export const PING_MS_MAX = 10 * 60 * 1000;

/** Silence after which the pool counts an agent's connection as dead, if the agent (of an earlier release) promises no interval. */
export const AGENT_SILENCE_MS_MAX = 30_000;

/** Silence on an SSE or NDJSON response after which something is sent. */
export const KEEPALIVE_MS = 2 * PING_MS;

/** Silences of that length after which a reader counts a response as dead and resumes with a new one. */
export const KEEPALIVES_MISSING_MAX = 2;

/** Silence after which it does so if the server (of an earlier release) promises no interval. */
export const SILENCE_MS_MAX = 45_000;

/**
 * How long one attempt of a repeated request may take: an agent's request, or the head of a response that is then followed. The next
 * attempt uses another connection.
 */
export const TRY_MS_MAX = 12_000;

/** The lowest speed of a body that cannot be sent in parts. A slower one counts as lost. */
export const BODY_BYTES_PER_SECOND_MIN = 64 * 1024;

/** How long an agent gathers output before it posts: while a reader follows, and while none does. */
export const FLUSH_WATCHED_MS = 0;
export const FLUSH_UNWATCHED_MS = 200;

/** What a budget gives besides its appends a second: appends at once after quiet, and chunks that earn one more append. */
export const APPENDS_BURST = 3;
export const CHUNKS_PER_APPEND = 12;

/** Characters of one batch over a producer's socket; a larger one is posted. And how long the server keeps a silent socket. */
export const APPEND_MESSAGE_CHARS_MAX = 64 * 1024;
export const APPEND_SOCKET_IDLE_MS = 60_000;

/** Executions waiting in one pool, whatever the settings say; a further one gets 429. */
export const QUEUE_LENGTH_MAX = 50_000;

/** The longest queue timeout of an execution, in seconds. */
export const QUEUE_TIMEOUT_SECONDS_MAX = 365 * 24 * 60 * 60;

/** Agents connected to one pool, agents that one pool knows, and slots of one agent. */
export const AGENTS_MAX = 1_000;
export const AGENTS_KNOWN_MAX = 10_000;
export const SLOTS_MAX = 256;

/** How long an agent's socket may stay without a hello, and how many such sockets a pool has: a new one replaces the oldest. */
export const HELLO_MS_MAX = 5_000;
export const HELLOS_AWAITED_MAX = 64;

/** Messages of one agent, each second and in one burst: it accepts each lease with one message. */
export const AGENT_MESSAGES_PER_SECOND_MAX = 200;
export const AGENT_MESSAGES_BURST_MAX = 2 * SLOTS_MAX;

/** Labels of one agent, or of one run, and characters of the name or the value of one. */
export const LABELS_MAX = 64;
export const LABEL_CHARS_MAX = 128;

/** Characters of one message of an agent: enough for a hello with the most packs, labels and leases. */
export const AGENT_MESSAGE_CHARS_MAX = 128 * 1024;

/** Packs of one agent, and of one pool. */
export const PACKS_MAX = 200;
export const POOL_PACKS_MAX = 2_000;

/** Actions of one pack, and of one page of a registration. */
export const ACTIONS_MAX = 20_000;
export const PAGE_ACTIONS_MAX = 500;

/** Packs of one pool whose registration is incomplete, and how long one is kept after its last page. */
export const STAGED_PACKS_MAX = 32;
export const STAGED_MS_MAX = 10 * 60 * 1000;

/** Characters of one value of the key-value table, and keys named in one request. */
export const KEY_VALUE_CHARS_MAX = 128 * 1024;
export const KEYS_MAX = 500;

/** Keys that one user may have of their own, and prefixes that a pool may be granted. */
export const USER_KEYS_MAX = 1_000;
export const KEY_PREFIXES_MAX = 100;

/** Grants that a run carries: its user's grants on keys, and on actions that may be run. */
export const RIGHTS_GRANTS_MAX = 1_000;

/** The longest lifetime of a key that expires, in seconds: a hundred years. */
export const KEY_TTL_SECONDS_MAX = 36_500 * 24 * 60 * 60;

/** Tasks of a chain, tasks that one run of it may start, and levels of executions. */
export const CHAIN_TASKS_MAX = 200;
export const CHAIN_STEPS_MAX = 1_000;
export const FAMILY_DEPTH_MAX = 16;

/** Characters of a chain's parameters and variables, and of the secrets in the end of one task. */
export const CHAIN_VARS_CHARS_MAX = 512 * 1024;
export const CHAIN_SECRETS_CHARS_MAX = 64 * 1024;

/** Characters of a chunk's path. */
export const PATH_CHARS_MAX = 1_024;

/** Characters of all results together that one task's templates refer to. */
export const CHAIN_CONTEXT_CHARS_MAX = 8 * 1024 * 1024;

/** Hosts of one run: each is a child execution. */
export const HOSTS_MAX = 1_000;

/** The longest delay of an execution. */
export const DELAY_MS_MAX = 30 * 24 * 60 * 60 * 1000;

/** Executions in one page of a list (StackStorm's `api.max_page_size`). */
export const PAGE_EXECUTIONS_MAX = 100;

/** Entries in one page of the audit log. */
export const AUDIT_PAGE_MAX = 1_000;

/** Characters of a password. More would only make hashing slower. */
export const PASSWORD_CHARS_MIN = 8;
export const PASSWORD_CHARS_MAX = 256;

/** Characters of a credential. A longer one is refused unread. */
export const CREDENTIAL_CHARS_MAX = 16 * 1024;

/** The longest lifetime of a link, in seconds. */
export const LINK_TTL_SECONDS_MAX = 30 * 24 * 60 * 60;

/** Characters of an agent's reason for taking no work. */
export const UNABLE_CHARS_MAX = 500;
