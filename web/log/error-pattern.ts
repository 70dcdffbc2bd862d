/** The words and the beginnings of lines by which common tools report errors. RE2, which has no look-around. */
const FORMS = [
  // Log levels, and CI systems: "ERROR", "[error]", "##[error]", "::error".
  String.raw`\b(?:ERROR|FATAL|CRITICAL|PANIC)\b`,
  String.raw`\[(?i:error|fatal)\]|^::error`,
  // Compilers: "main.c:3:5: fatal error: …", "error[E0308]: …", "error TS2304: …".
  String.raw`\b(?i:error)(?:\[\w+\]| \w+\d)?:`,
  // Python, Java, JavaScript: "ValueError: …", "java.io.IOException: …", "Exception in thread …".
  `(?:Error|Exception)(?::|$)|^Traceback |^Exception in |^Caused by: |^Uncaught `,
  // Go, Rust, git, make, apt, npm, pytest.
  String.raw`^(?:panic|fatal|FAIL|FAILED)\b|\bpanicked at\b|^\s*--- FAIL: |^make.*: \*\*\* |^E: |^npm (?:ERR!|error)|^E   `,
  // The shell and the kernel.
  `: (?:command not found|No such file or directory|[Pp]ermission denied)|Segmentation fault|Out of memory`,
];

/** Matches a line that reports an error. */
export const ERROR_LINE = FORMS.join("|");
