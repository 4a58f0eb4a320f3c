/** Graph → plan: sizes become numbers, composites that no rule runs whole are spelt out, every value gets a place. */
import type { Tensor } from "../core/tensor.ts";
import { lower } from "../graph/lower.ts";
import { resolve } from "../graph/resolve.ts";
import { simplify } from "../graph/simplify.ts";
import type { Graph } from "../ops/types.ts";
import { checkDTypes } from "./check.ts";
import type { FixedMemory, Linker } from "./link.ts";
import type { Parallel } from "./parts.ts";
import { plan, type Plan } from "./plan.ts";
import { takes } from "./rules/takes.ts";

/** Throws what `resolve` throws, `unsupported/operation`, and `internal/graph`. */
export function compile(
  graph: Graph,
  inputs: readonly Tensor["shape"][],
  linker: Linker,
  fixed: FixedMemory,
  parallel: Parallel | null = null,
): Plan {
  const lowered = simplify(lower(resolve(graph, inputs), takes));
  checkDTypes(lowered);
  return plan(lowered, linker, fixed, parallel);
}
