/**
 * Characters that the log sends to a follower beyond what the follower has said it has consumed: its share of what all
 * may have together, within these bounds. What is sent and not read waits in the object's memory.
 */
export const CREDIT_CHARS_OF_ALL = 64 * 1024 * 1024;
export const CREDIT_CHARS_MIN = 256 * 1024;
export const CREDIT_CHARS_MAX = 4 * 1024 * 1024;

/** Consumed characters after which a reader grants them again: often enough for the smallest credit. */
export const GRANT_CHARS = CREDIT_CHARS_MIN / 2;

/** Bytes of rows read in one go while a follower catches up. */
export const PAGE_BYTES = 256 * 1024;

/**
 * After a push, what arrives is gathered: at least for so long, and longer with many followers, as a push costs each of
 * them a write, whatever it carries.
 */
export const GATHER_MS_MIN = 5;
export const GATHER_MS_PER_FOLLOWER = 0.1;

/** Followers of one execution; a further one gets 429. */
export const FOLLOWERS_MAX = 10_000;

/** Characters of events that a listener of the event stream may leave unread before it is sent away. */
export const EVENT_BACKLOG_CHARS_MAX = 16 * 1024 * 1024;

/**
 * Executions whose output one event stream follows at the same time, and how long one that writes nothing keeps its place
 * while others wait for one; so many places change hands at each turn.
 */
export const STREAM_FOLLOWED_MAX = 1_000;
export const STREAM_TURN_MS = 5_000;
export const STREAM_TURNS_AT_ONCE = 50;

/** Executions that have not completed as an event stream begins, of those that it is to tell of. */
export const STREAM_LISTED_MAX = 100_000;

/** Objects that one request, or one parent, asks at the same time: others have their turn between. */
export const ASKED_AT_ONCE = 50;

/** The credit, in characters, of each of these: so many of them share one isolate. */
export const STREAM_CREDIT_CHARS = 64 * 1024;

/** Characters of output that a stream's client has not taken, beyond which no further log is followed for it. */
export const STREAM_UNREAD_CHARS_MAX = 1024 * 1024;

/** Characters of one line that are looked at: shown, searched, cleared of escapes. The log has all of them. */
export const LINE_CHARS_MAX = 16 * 1024;

/** What one search request reads of a log, and how many matches and characters of each it tells. */
export const SEARCH_BYTES_MAX = 4 * 1024 * 1024;
export const SEARCH_MATCHES_MAX = 1_000;
export const SEARCH_EXCERPT_CHARS_MAX = 200;
export const SEARCH_QUERY_CHARS_MAX = 500;

/** Lines that `?tail=N` may ask for. */
export const TAIL_LINES_MAX = 100_000;

/**
 * Characters of output in one message to a follower, unless one line is longer. Its reader hears nothing until a message has come
 * whole: even a slow connection brings one before its reader would take it for dead.
 */
export const MESSAGE_CHARS_MAX = 128 * 1024;
