/**
 * A follower's credit: the characters that the log sends beyond those that the follower has consumed. It is an equal share of
 * `CREDIT_CHARS_OF_ALL`, within these bounds. Sent characters that are not read wait in the object's memory.
 */
export const CREDIT_CHARS_OF_ALL = 64 * 1024 * 1024;
export const CREDIT_CHARS_MIN = 256 * 1024;
export const CREDIT_CHARS_MAX = 4 * 1024 * 1024;

/** A reader grants credit after this many consumed characters: often enough for the smallest credit. */
export const GRANT_CHARS = CREDIT_CHARS_MIN / 2;

/** Bytes of rows that are read at once while a follower catches up. */
export const PAGE_BYTES = 256 * 1024;

/**
 * A page in the middle of a log is drawn from this many lines before its first one, so that its colours and rows are those of the whole
 * log: at most as many lines, and as many bytes.
 */
export const LEAD_LINES_MAX = 400;
export const LEAD_BYTES_MAX = 256 * 1024;

/** Characters of the first part of a replay, unless one line is longer. It is small, so that the reader has the first lines early. */
export const FIRST_PART_CHARS = 16 * 1024;

/**
 * New batches are gathered while a push is written, and then for this share of the time that the push took, but not longer than
 * this.
 */
export const GATHER_SHARE = 0.5;
export const GATHER_MS_MAX = 100;

/** Followers of one execution; a further one gets 429. */
export const FOLLOWERS_MAX = 10_000;

/** Characters of events that a listener of the event stream may leave unread before it is disconnected. */
export const EVENT_BACKLOG_CHARS_MAX = 16 * 1024 * 1024;

/**
 * Executions whose output one event stream follows at the same time. If others wait, a silent one keeps its place for one turn, and
 * at each turn this many places change.
 */
export const STREAM_FOLLOWED_MAX = 1_000;
export const STREAM_TURN_MS = 5_000;
export const STREAM_TURNS_AT_ONCE = 50;

/** Executions that an event stream lists at its beginning because they have not completed. */
export const STREAM_LISTED_MAX = 100_000;

/** Executions that have not begun by the index, and whose objects an event stream asks at its beginning. */
export const STREAM_UNBEGUN_ASKED_MAX = 1_000;

/** Objects that one request, or one parent, calls at the same time. */
export const ASKED_AT_ONCE = 50;

/** The credit of each followed execution of an event stream. It is small, because many share one isolate. */
export const STREAM_CREDIT_CHARS = 64 * 1024;

/** With more unread characters of output, an event stream follows no further log. */
export const STREAM_UNREAD_CHARS_MAX = 1024 * 1024;

/** Characters of one line that are shown and cleared of escapes. The log has all of them. */
export const LINE_CHARS_MAX = 16 * 1024;

/** Characters of a line that the page shows: more would make the layout slow. */
export const ROW_CHARS_MAX = 4_000;

/** Characters of a line that are searched. */
export const SEARCH_LINE_CHARS_MAX = 1024 * 1024;

/** Bytes of the log that one search request reads, matches that it returns, and characters of each match. */
export const SEARCH_BYTES_MAX = 4 * 1024 * 1024;
export const SEARCH_MATCHES_MAX = 1_000;
export const SEARCH_EXCERPT_CHARS_MAX = 200;
/** Characters before and after a match that the page's row would not show otherwise. */
export const SEARCH_AROUND_CHARS = 300;
export const SEARCH_QUERY_CHARS_MAX = 500;

/** Marks of groups and repeated lines in one answer; a part of the log is read to its end. */
export const FOLD_MARKS_MAX = 1_000;

/** Lines that `?tail=N` may ask for. */
export const TAIL_LINES_MAX = 100_000;

/**
 * Characters of output in one message to a follower, unless one line is longer. A reader gets a message only when it is complete, so
 * even a slow connection must bring it before the reader counts the connection as dead.
 */
export const MESSAGE_CHARS_MAX = 128 * 1024;

/**
 * Bytes of the log in a page of an ended output, which the edge's cache may keep: of the first page and of a later one. A page ends
 * with a whole batch, and JSON may take more than the bytes.
 */
export const ENDED_PAGE_BYTES_MIN = 64 * 1024;
export const ENDED_PAGE_BYTES_MAX = 1024 * 1024;

/** How long the edge's cache keeps a page. No request finds the page of an older generation, but it takes place until then. */
export const ENDED_PAGE_SECONDS_MAX = 60 * 60;

/** Characters of the last lines that a relay holds. A follower that is further behind is served from the execution's log. */
export const RELAY_WINDOW_CHARS = 4 * 1024 * 1024;

/** How often an object looks for followers that have fallen silent while it has nothing else to do. */
export const SILENCE_CHECK_MS = 10 * 60_000;

/** How often it looks at most, when something makes it look: output, a further follower, or a count of its followers. */
export const SILENCE_LOOK_MS_MIN = 3_000;

/** How often a relay with followers asks the object that feeds it whether it has missed anything. */
export const RELAY_CHECK_MS = 60_000;

/** A relay notes in its sockets how far its followers are, at most this often while output comes. */
export const RELAY_NOTE_MS = 1_000;

/** Bytes of pushes, and of frames made of them, that all readers in one isolate share, and how long it keeps them. */
export const PUSHES_BYTES_MAX = 16 * 1024 * 1024;
export const PUSHES_KEPT_MS = 5_000;

/** How long a reader waits for the first message of a WebSocket, before it takes server-sent events. */
export const SOCKET_ANSWER_MS_MAX = 1_500;
