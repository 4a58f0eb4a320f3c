/** Outputs of layers beside a model's own: which values of its graph those are. */
import { fail } from "../core/error.ts";
import { kindOf, nearestOf } from "../core/guard.ts";
import type { Tensor as Plain } from "../core/tensor.ts";
import type { Graph } from "../ops/types.ts";
import { layerCalls } from "../verify/layer-calls.ts";
import { present, type Tensor } from "./tensor.ts";

/** What each layer gave, by its path: all outputs of its first call, then of the next. */
export type LayerOutputs = { readonly [path: string]: readonly Tensor[] };

/** A graph that also gives what layers give. */
export interface WatchedLayers {
  readonly graph: Graph;
  /** From what the graph gives to the model's outputs, and to those of layers. */
  split(made: readonly Plain[]): { readonly outputs: readonly Plain[]; readonly layers: LayerOutputs };
}

/**
 * `all`: every layer outside of a loop, those inside models and wrappers by path (`encoder/lstm`). Throws
 * `mismatch/option` for a layer that the model's outputs do not need, with the nearest name.
 */
export function watching(graph: Graph, wanted: readonly string[] | "all"): WatchedLayers {
  const calls = layerCalls(graph);
  const known = [...new Set(calls.map(({ path }) => path))];
  if (wanted !== "all" && (!Array.isArray(wanted) || wanted.some((path) => typeof path !== "string")))
    fail("mismatch/option", { path: "layers", expected: "names of layers, or all", found: kindOf(wanted) });
  const ids = new Set(graph.outputs);
  const paths = wanted === "all" ? known : [...new Set(wanted)];
  const places = paths.map((path) => {
    const of = calls.filter((call) => call.path === path);
    if (of.length === 0)
      fail("mismatch/option", {
        path: "layers",
        message: graph.calls.some((call) => call.path === path)
          ? "this layer runs inside a loop, at every step anew"
          : "the model's outputs need no such layer",
        expected: nearestOf(path, known),
        found: path,
      });
    const outputs = of.sort((a, b) => a.index - b.index).flatMap((call) => call.outputs);
    for (const id of outputs) ids.add(id);
    return [path, outputs] as const;
  });
  const all = [...ids];
  return {
    graph: { ...graph, outputs: all },
    split(made) {
      const at = new Map(all.map((id, i) => [id, made[i]!]));
      // Names come from a file: none may reach an object's prototype.
      const layers = Object.create(null) as { [path: string]: readonly Tensor[] };
      for (const [path, outputs] of places) layers[path] = outputs.map((id) => present(at.get(id)!));
      return { outputs: graph.outputs.map((id) => at.get(id)!), layers };
    },
  };
}
