/** What keeps a model from running. */
import type { Problem } from "../core/error.ts";
import type { ModelData } from "../model/bind.ts";
import { allNodes, weightsInOrder } from "../model/walk.ts";
import type { Graph } from "../ops/types.ts";

/** Each once: what its layers say, what calls of the traced graph say, `untraced` (why there is none), missing weights. */
export function problemsOf(data: ModelData, graph: Graph | null, untraced: readonly Problem[]): readonly Problem[] {
  const nodes = [...allNodes(data.root)].flatMap((node) => node.problems);
  const known = new Set(nodes.map((problem) => problem.path));
  const calls = (graph?.calls ?? [])
    .filter((call) => !known.has(call.path))
    .flatMap((call) => call.problems ?? [])
    .filter(({ code }) => code !== "unsupported/unknown-input");
  const own = untraced.filter((problem) => !known.has(problem.path));
  const weights: Problem[] =
    data.hasWeights || weightsInOrder(data.root).length === 0
      ? []
      : [{ code: "mismatch/missing-weights", message: "the model has no weights: give them beside the architecture" }];
  return [...nodes, ...calls, ...own, ...weights];
}
