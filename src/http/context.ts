import type { Principal } from "../rights/principal.ts";

/** What every route has: the bindings, who asks, and what the answer is to say besides its body. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    principal: Principal;
    requestId: string;
    /** Of a request that is refused for now: when it may be tried again. */
    retry_after_seconds?: number;
    /** The token that let the request in is void: the browser is to forget it. */
    signed_out?: boolean;
    /** The entries of the audit log that tell of this request. */
    audited?: string[];
  };
}
