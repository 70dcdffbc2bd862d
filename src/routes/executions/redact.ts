import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { JSON_BODY_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { RedactExecution } from "../../../protocol/model/execution.ts";
import { isMaskable, SECRET_BYTES_MIN } from "../../../protocol/model/mask.ts";
import { audit } from "../../http/audited.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionOf } from "../../http/named.ts";
import { demandAdmin } from "../../rights/permissions.ts";
import { type Accessed, access } from "./access.ts";

/** `POST /executions/{id}/redact`: removes texts from the stored execution, for an administrator or the run's user. */
export const redact = new Hono<AppEnv>().post("/:id/redact", async (c) => {
  const accessed = await access(c, "execution_view");
  demandOwn(c, accessed);
  const { texts } = await readJson(c, RedactExecution, JSON_BODY_BYTES_MAX);
  for (const text of texts) checkText(text);
  const top = await topOf(c, accessed);
  await audit(c, "execution.redact", `execution:${top}`, { texts: texts.length });
  const redacted = await executionOf(c, top).redact(texts);
  if (redacted?.kind !== "redacted") {
    throw new TailraceError(
      "not_ended",
      `Execution ${top} has not ended yet: cancel it, or wait for its end.`,
    );
  }
  return c.json({ id: top, done: redacted.done });
});

function demandOwn(c: Context<AppEnv>, { execution }: Accessed): void {
  const principal = c.get("principal");
  const is_own = principal.role === "user" && principal.user === execution.context.user;
  if (!is_own) demandAdmin(principal);
}

/** A text of only white space and asterisks would stay the same. */
function checkText(text: string): void {
  if (!isMaskable(text.trim())) {
    throw new TailraceError("invalid", `texts: each has at least ${SECRET_BYTES_MIN} bytes.`);
  }
  if (!/[^*\s]/.test(text))
    throw new TailraceError("invalid", "texts: each has a character other than spaces and asterisks.");
}

/** The execution at the top of the tree: its log contains the output of its descendants. */
async function topOf(c: Context<AppEnv>, { id, execution }: Accessed): Promise<string> {
  let top = id;
  let parent = execution.parent;
  while (parent !== undefined) {
    const above: { parent?: { id: string } } | undefined = await executionOf(c, parent).spec();
    // A deleted execution has no copies left.
    if (!above) break;
    top = parent;
    parent = above.parent?.id;
  }
  return top;
}
