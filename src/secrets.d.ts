/** OpenTelemetry's own variables. */
type TracingVariables = import("../protocol/settings/tracing.ts").TracingEnvironment;

/** Optional bindings: the generated types have only the required ones. */
interface Env extends TracingVariables {
  /** The previous value of `TAILRACE_SECRET`. */
  TAILRACE_SECRET_PREVIOUS?: string;
  /** Only in the local server: what needs the disk that holds its state (cli/server/disk-service.ts). */
  DISK?: Fetcher;
  /** The key to which it answers. */
  DISK_KEY?: string;
}
