/** Every bound on the wire, by name, with its unit. Whoever builds a queue, a page or a wait takes it from here. */

/** Raw bytes of `data` in one chunk. JSON may write each as six (`\u0000`), so a line stays under 400 KiB. */
export const CHUNK_BYTES_MAX = 64 * 1024;

/** The greatest sequence number: one that an output event's id has room for. */
export const SEQ_MAX = 999_999_999_999;

/** Bytes of one batch as posted. A batch is one row, and a row of a Durable Object ends at 2 MB. */
export const BATCH_BYTES_MAX = 1024 * 1024;

/** Bytes of one batch to which a producer comes down where larger ones do not arrive in time, unless one chunk has more. */
export const BATCH_BYTES_MIN = 64 * 1024;

/** Chunks in one batch. */
export const BATCH_CHUNKS_MAX = 10_000;

/** Characters of one record that a reader waits for the end of: a chunk's line, or its event, with a little around it. */
export const RECORD_CHARS_MAX = 1024 * 1024;

/** Bytes of any JSON body that is not a batch: a new execution, an action's metadata. */
export const JSON_BODY_BYTES_MAX = 1024 * 1024;

/** Texts that are taken out of an execution at once, and characters of one: a private key of 4,096 bits fits. */
export const REDACT_TEXTS_MAX = 100;
export const REDACT_TEXT_CHARS_MAX = 4 * 1024;

/**
 * Lists and objects in each other: in a value that an action prints, a user gives or a file holds; in a request's body, which
 * holds such values; and in any document, which holds what came in such bodies, below as many levels as chains in chains make.
 */
export const VALUE_DEPTH_MAX = 100;
export const BODY_DEPTH_MAX = 128;
export const JSON_DEPTH_MAX = 256;

/** Characters of a user's regular expression, and instructions that it may come to (`a{1000}` comes to a thousand). */
export const PATTERN_CHARS_MAX = 1_000;
export const PATTERN_SIZE_MAX = 10_000;

/** Steps that one check of parameters, one search or one template may take, of tens of nanoseconds each. */
export const STEPS_MAX = 64 * 1024 * 1024;

/** Characters of one YAML text: a pack's file, or what a template reads. */
export const YAML_CHARS_MAX = 1024 * 1024;

/** Bytes of one argument of a program, and of one variable with its name: Linux takes 128 KiB, its last byte included. */
export const ARGUMENT_BYTES_MAX = 128 * 1024 - 1;

/** Bytes of all arguments and variables that a run gives a program: Linux takes 2 MiB, those of its host's own included. */
export const START_BYTES_MAX = 1024 * 1024;

/** Bytes, and actions, of what registers packs in one request, as agents of the first release do. */
export const REGISTER_BODY_BYTES_MAX = 8 * 1024 * 1024;
export const REGISTER_ACTIONS_MAX = 2_000;

/** Bytes of one page of a pack's actions, as JSON, and of one action in it. A page is bound to a statement whole, quoted once more. */
export const REGISTER_PAGE_BYTES_MAX = 768 * 1024;
export const ACTION_BYTES_MAX = 512 * 1024;

/**
 * Bytes of a result as JSON: of an execution, and of all children of one together. It is one row, and a row of a Durable Object
 * ends at 2 MB. A longer one is shortened.
 */
export const RESULT_BYTES_MAX = 1792 * 1024;

/** Bytes of the body that ends an execution: the result, and a little around it. */
export const END_BODY_BYTES_MAX = RESULT_BYTES_MAX + 4 * 1024;

/** Bytes of what a program of ours answers its agent, whose value is shortened only once secrets are masked in it. */
export const ANSWER_VALUE_BYTES_MAX = 4 * 1024 * 1024;

/** Bytes of an execution's parameters as JSON: what a request may hold, and a row has room for with an action's defaults. */
export const PARAMETERS_BYTES_MAX = JSON_BODY_BYTES_MAX;

/** Days that an output or an execution may be kept behind its end; 0 is for ever. */
export const KEPT_DAYS_MAX = 36_500;

/** What a chunk counts against the limit of an output besides its bytes: its number, its time, its stream. */
export const CHUNK_OVERHEAD_BYTES = 128;

/** Of what is cut out of an output at its limit, what is cut in one go at the most. */
export const CUT_BYTES_MAX = 4 * 1024 * 1024;

/** How often an agent pings its pool, and a reader's WebSocket its log; both answer without waking. */
export const PING_MS = 3_000;

/** Pings in a row that nothing comes after, before the end that pings takes the connection for dead: 9 to 12 s. */
export const PINGS_UNANSWERED_MAX = 3;

/** Pings that are missing, before the other end takes a connection for dead whose pings it was promised: 12 s. */
export const PINGS_MISSING_MAX = 4;

/** The pace that an agent or a reader may promise its pings in. */
export const PING_MS_MIN = 100;
export const PING_MS_MAX = 10 * 60 * 1000;

/** Silence of an agent's socket after which the pool takes it for dead where the agent, of an earlier release, says no pace. */
export const AGENT_SILENCE_MS_MAX = 30_000;

/** Silence on an SSE or NDJSON response after which something is sent. */
export const KEEPALIVE_MS = 2 * PING_MS;

/** Silences of that length after which a reader takes a response for dead and resumes on a new one. */
export const KEEPALIVES_MISSING_MAX = 2;

/** Silence after which it does so where the server, of an earlier release, says no pace. */
export const SILENCE_MS_MAX = 45_000;

/**
 * How long one try may take of a request that is tried again, on another connection: an agent's, and one whose response is then
 * followed, until its head has come.
 */
export const TRY_MS_MAX = 12_000;

/** The slowest that a body counts as on its way, where it cannot be sent in smaller ones. */
export const BODY_BYTES_PER_SECOND_MIN = 64 * 1024;

/** How long an agent gathers output before it posts: while somebody watches, and while nobody does. */
export const FLUSH_WATCHED_MS = 0;
export const FLUSH_UNWATCHED_MS = 200;

/** Executions waiting in one pool, whatever the settings say; a further one gets 429. */
export const QUEUE_LENGTH_MAX = 50_000;

/** The longest that an execution may be told to wait for an agent, in seconds. */
export const QUEUE_TIMEOUT_SECONDS_MAX = 365 * 24 * 60 * 60;

/** Agents connected to one pool, agents that one pool knows, and slots of one agent. */
export const AGENTS_MAX = 1_000;
export const AGENTS_KNOWN_MAX = 10_000;
export const SLOTS_MAX = 256;

/** How long an agent's socket may say no hello, and how many such sockets a pool has: the oldest makes room for one more. */
export const HELLO_MS_MAX = 5_000;
export const HELLOS_AWAITED_MAX = 64;

/** Messages of one agent, each second and in one burst: it accepts each lease that it is given, in one message. */
export const AGENT_MESSAGES_PER_SECOND_MAX = 200;
export const AGENT_MESSAGES_BURST_MAX = 2 * SLOTS_MAX;

/** Labels of one agent, or of one run, and characters of the name or the value of one. */
export const LABELS_MAX = 64;
export const LABEL_CHARS_MAX = 128;

/** Characters of one message of an agent: a hello with every pack, label and lease that it may have. */
export const AGENT_MESSAGE_CHARS_MAX = 128 * 1024;

/** Packs of one agent, and of one pool. */
export const PACKS_MAX = 200;
export const POOL_PACKS_MAX = 2_000;

/** Actions of one pack, and of one page of a registration. */
export const ACTIONS_MAX = 20_000;
export const PAGE_ACTIONS_MAX = 500;

/** Packs of one pool whose actions have come in part, and how long such a part is kept after its last page. */
export const STAGED_PACKS_MAX = 32;
export const STAGED_MS_MAX = 10 * 60 * 1000;

/** Characters of one value of the key-value table, and keys named in one request. */
export const KEY_VALUE_CHARS_MAX = 128 * 1024;
export const KEYS_MAX = 500;

/** Keys that one user may have of their own, and prefixes that a pool may be granted. */
export const USER_KEYS_MAX = 1_000;
export const KEY_PREFIXES_MAX = 100;

/** Grants that a run carries: those of its user that are about keys, and about actions that may be run. */
export const RIGHTS_GRANTS_MAX = 1_000;

/** How long a key may be kept that is not kept for ever, in seconds: a hundred years. */
export const KEY_TTL_SECONDS_MAX = 36_500 * 24 * 60 * 60;

/** Tasks that a chain may define, tasks that one run of it may start, and executions above one another. */
export const CHAIN_TASKS_MAX = 200;
export const CHAIN_STEPS_MAX = 1_000;
export const FAMILY_DEPTH_MAX = 16;

/** Characters of a chain's parameters and variables, and of the secrets in one task's end. */
export const CHAIN_VARS_CHARS_MAX = 512 * 1024;
export const CHAIN_SECRETS_CHARS_MAX = 64 * 1024;

/** Characters of the names that a chunk's path is made of. */
export const PATH_CHARS_MAX = 1_024;

/** Characters of the results that one task's templates refer to together. */
export const CHAIN_CONTEXT_CHARS_MAX = 8 * 1024 * 1024;

/** Hosts of one run: each is a child execution. */
export const HOSTS_MAX = 1_000;

/** The longest delay of an execution. */
export const DELAY_MS_MAX = 30 * 24 * 60 * 60 * 1000;

/** Executions in one page of a list (StackStorm's `api.max_page_size`). */
export const PAGE_EXECUTIONS_MAX = 100;

/** Entries in one page of the audit log. */
export const AUDIT_PAGE_MAX = 1_000;

/** Characters of a password: more would only cost time to hash. */
export const PASSWORD_CHARS_MIN = 8;
export const PASSWORD_CHARS_MAX = 256;

/** Characters of anything that proves who asks; a longer one is not looked at. */
export const CREDENTIAL_CHARS_MAX = 16 * 1024;

/** How long a link to one execution may live, in seconds. */
export const LINK_TTL_SECONDS_MAX = 30 * 24 * 60 * 60;

/** Characters in which an agent says why it takes no work. */
export const UNABLE_CHARS_MAX = 500;
