import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import type { TracingEnvironment } from "../settings/tracing.ts";

const PARENT_BASED = "parentbased_";

/** The sampler that the variables name. A wrong name or number counts as the default, as the standard demands. */
export function samplerOf(env: TracingEnvironment): Sampler {
  const name = env.OTEL_TRACES_SAMPLER || "parentbased_always_on";
  if (!name.startsWith(PARENT_BASED)) return samplerNamed(name, env) ?? parentBased(new AlwaysOnSampler());
  return parentBased(samplerNamed(name.slice(PARENT_BASED.length), env) ?? new AlwaysOnSampler());
}

function samplerNamed(name: string, { OTEL_TRACES_SAMPLER_ARG }: TracingEnvironment): Sampler | undefined {
  switch (name) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratioOf(OTEL_TRACES_SAMPLER_ARG));
  }
}

function parentBased(root: Sampler): Sampler {
  return new ParentBasedSampler({ root });
}

function ratioOf(text: string | undefined): number {
  const ratio = Number(text || 1);
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}
