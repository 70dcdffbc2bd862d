import { randomBytes } from "node:crypto";

/** A body of a form, and the header that names its type. */
export interface Form {
  type: string;
  body: Buffer;
}

/** The form that carries the file of an action; undefined for an action without one. The file's name is the field's too. */
export function multipart(parameters: Record<string, unknown>): Form | undefined {
  const { file_name, file_content, file_content_type } = parameters;
  if (typeof file_name !== "string" || file_name === "") return undefined;
  if (typeof file_content !== "string" || file_content === "") return undefined;
  const boundary = randomBytes(16).toString("hex");
  const name = quoted(file_name);
  const type =
    typeof file_content_type === "string" && file_content_type !== ""
      ? `Content-Type: ${file_content_type.replaceAll(/[\r\n]/g, " ")}\r\n`
      : "";
  const head = `--${boundary}\r\nContent-Disposition: form-data; name=${name}; filename=${name}\r\n${type}\r\n`;
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.from(`${head}${file_content}\r\n--${boundary}--\r\n`),
  };
}

/** A name as forms quote it: line ends and quotes are encoded. */
function quoted(name: string): string {
  return `"${name.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22")}"`;
}
