import type { Principal } from "../rights/principal.ts";

/** The variables of a route: the bindings, the principal, and details of the answer besides its body. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    principal: Principal;
    requestId: string;
    /** The span of which the request is a part, and whether it is the server's own. */
    trace?: { traceparent: string; is_traced: boolean };
    /** For a request that is refused for now: when to try again. */
    retry_after_seconds?: number;
    /** The token of the request is void: the browser should delete its cookie. */
    signed_out?: boolean;
    /** The audit log's entries of this request. */
    audited?: string[];
  };
}
