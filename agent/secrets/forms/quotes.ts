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

/** In quotes that are doubled inside: CSV's, SQL's and PowerShell's; and SQL's with backslashes, of MySQL and PostgreSQL. */
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
