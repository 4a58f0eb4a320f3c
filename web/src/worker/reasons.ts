/** What keeps a model from running, and the ways on. */
import { formatProblem, type Inspection, type InspectedLayer, type Problem } from "../../../src/index.ts";
import type { OpenModel } from "../types.ts";

const named = (layers: readonly InspectedLayer[]): readonly InspectedLayer[] =>
  layers.flatMap((layer) => [layer, ...named(layer.layers)]);

/** Beside what the library says itself: files that are missing, and a guess at what a Lambda's function is. */
function wayOf({ code, path }: Problem, all: readonly InspectedLayer[]): string | null {
  if (code === "unsupported/no-architecture") return "Drop its architecture beside it, both files at once.";
  if (code === "mismatch/missing-weights") return "Drop the weights beside the architecture: both files at once.";
  const lambda = all.find(({ name }) => name === path?.split("/").at(-1))?.lambda;
  return lambda?.guess ? `A guess, to be checked: ${lambda.guess}` : null;
}

export function reasonsOf({ problems, layers }: Inspection): OpenModel["reasons"] {
  const all = named(layers);
  return problems.map((problem) => ({ text: formatProblem(problem, "problem"), way: wayOf(problem, all) }));
}
