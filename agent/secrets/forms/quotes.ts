/** Escapes of MySQL's strings. */
const MYSQL = new Map([
  ['"', '\\"'],
  ["'", "\\'"],
  ["\\", "\\\\"],
  ["\0", "\\0"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\x1a", "\\Z"],
]);

/** With doubled quotes (CSV, SQL, PowerShell), and with backslashes (SQL of MySQL and PostgreSQL). */
export function doubledForms(secret: string): string[] {
  return [
    secret.replaceAll('"', '""'),
    secret.replaceAll("'", "''"),
    secret.replaceAll("`", "``"),
    secret.replace(/[\\']/g, "$&$&"),
    secret.replace(/[\p{Cc}"'\\]/gu, (mark) => MYSQL.get(mark) ?? mark),
    secret.replace(/['\\]/g, "\\$&"),
  ];
}
