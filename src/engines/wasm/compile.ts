/** Graph → plan: sizes become numbers, composites that no rule runs whole are spelt out, every value gets a place. */
import type { Tensor } from "../../core/tensor.ts";
import { atOnce } from "../../core/turns.ts";
import { lower } from "../../graph/lower.ts";
import { resolve } from "../../graph/resolve.ts";
import { simplify } from "../../graph/simplify.ts";
import type { Graph } from "../../ops/types.ts";
import { checkDTypes } from "./check.ts";
import type { FixedMemory, Linker } from "./link.ts";
import { plan, type Plan } from "./plan.ts";
import type { PlanOptions } from "./types.ts";
import { checkRules, hasHalves } from "./rules/index.ts";
import { isByte } from "./form-name.ts";
import { loaded } from "./rules/later.ts";
import { takes } from "./rules/takes.ts";

const hasBytes = ({ values }: Graph): boolean =>
  [...values.values()].some(({ from }) => from !== undefined && "weight" in from && isByte(from.weight));

/** Throws what `resolve` throws, what `plan` does, and `internal/graph`. */
export function* compiling(
  graph: Graph,
  inputs: readonly Tensor["shape"][],
  linker: Linker,
  fixed: FixedMemory,
  options?: PlanOptions,
): Generator<void, Plan> {
  checkRules(graph);
  const whole = simplify(lower(resolve(graph, inputs), takes));
  const alone = hasBytes(whole) ? options?.alone : undefined;
  const lowered = alone === undefined ? whole : loaded("ofWeights").withOfWeights(whole, alone);
  checkRules(lowered);
  checkDTypes(lowered);
  const planned = hasHalves(lowered) ? simplify(loaded("halves").roundedHalves(lowered)) : lowered;
  return yield* plan(planned, linker, fixed, options);
}

/** The same at once. */
export function compile(...args: Parameters<typeof compiling>): Plan {
  return atOnce(compiling(...args));
}
