/** What keeps a model from running, and the ways on. */
import { formatProblem, type Inspection, type InspectedLayer, type Problem } from "../../../src/index.ts";
import type { OpenModel } from "../types.ts";

const named = (layers: readonly InspectedLayer[]): readonly InspectedLayer[] =>
  layers.flatMap((layer) => [layer, ...named(layer.layers)]);

function wayOf({ code, path }: Problem, all: readonly InspectedLayer[]): string | null {
  const layer = all.find(({ name }) => name === path?.split("/").at(-1));
  if (layer?.lambda !== undefined)
    return layer.lambda.guess === null
      ? `In code: load(file, { lambdas: { ${JSON.stringify(layer.name)}: (x, { ops }) => … } })`
      : `In code, after checking this guess: load(file, { lambdas: { ${JSON.stringify(layer.name)}: ${layer.lambda.guess} } })`;
  if (code === "unsupported/no-architecture") return "Drop its architecture beside it, both files at once.";
  if (code === "mismatch/missing-weights") return "Drop the weights beside the architecture: both files at once.";
  if (/unsupported\/(layer|custom|class|object|function)/.test(code))
    return "In code: load(file, { customLayers: { … } }) with defineLayer; looking and converting work without.";
  return null;
}

export function reasonsOf({ problems, layers }: Inspection): OpenModel["reasons"] {
  const all = named(layers);
  return problems.map((problem) => ({ text: formatProblem(problem, "problem"), way: wayOf(problem, all) }));
}
