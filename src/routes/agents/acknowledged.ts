import { TailraceError } from "../../../protocol/base/errors.ts";
import type { Acknowledgement, AppendResult } from "../../../protocol/wire/append.ts";

/** The acknowledgement in an execution's answer to its producer. Throws what the answer refuses. */
export function acknowledged(result: AppendResult): Acknowledgement {
  switch (result.kind) {
    case "appended":
    case "held": {
      const { kind: _, ...acknowledgement } = result;
      return acknowledgement;
    }
    case "gap":
    case "ended":
      throw new TailraceError(result.kind, undefined, result.next);
    case "lease_lost":
      throw new TailraceError("lease_lost");
  }
}
