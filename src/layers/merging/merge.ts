/**
 * Keras 1's one layer for all merges, by `mode`: sum, mul, ave, max, concat, dot, cos. No weights of its own.
 * As first layer of a Sequential it holds the models whose outputs it merges, and takes the inputs of all of them.
 * Source: keras 1.2.2 keras/engine/topology.py (Merge), keras 2.0 keras/legacy/layers.py.
 */
import type { JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, type InputSpec, layer, type LayerDef, type LayerNode } from "../define.ts";
import { int, json, optional, text } from "../fields.ts";
import { layersField } from "../layer-fields.ts";
import { batchDot, dotAxes } from "./shared/batch-dot.ts";
import { jsonNumbers } from "../common/convolution-dialects.ts";
import { concatenatedMask, fold, mergedMask, needTwo } from "../common/merge.ts";
import { sequentialInput } from "../common/model-inputs.ts";

/** `1`, `[1, 2]` and the `[[1], [2]]` of early versions. */
const axesIn = (node: JsonNode): number[] =>
  Array.isArray(node) ? node.flatMap((n) => jsonNumbers(n)) : jsonNumbers(node);

/** Products below 0, whose root is none, count as 0: as in Theano, where the larger of NaN and a number is the number. */
function cosine(cx: Context, x: readonly Sym[], axes: readonly number[]): Sym {
  const { op } = cx;
  const [a, b] = needTwo(x);
  const at = dotAxes(axes, a, b);
  const squares = op.multiply(batchDot(cx, a, a, at), batchDot(cx, b, b, at));
  return op.expandDims(op.divide(batchDot(cx, a, b, at), op.maximum(op.sqrt(op.maximum(squares, 0)), 1e-7)), [1]);
}

function merged(
  cx: Context,
  mode: string | null,
  c: { concat_axis: number; dot_axes: JsonNode },
  x: readonly Sym[],
): Sym {
  const { op } = cx;
  switch (mode) {
    case "sum":
      return fold(cx, x, op.add);
    case "ave":
      return op.divide(fold(cx, x, op.add), x.length);
    case "mul":
      return fold(cx, x, op.multiply);
    case "max":
      return fold(cx, x, op.maximum);
    case "concat":
      return op.concat(x, c.concat_axis);
    case "dot": {
      const [a, b] = needTwo(x);
      return batchDot(cx, a, b, dotAxes(axesIn(c.dot_axes), a, b));
    }
    case "cos":
      return cosine(cx, x, axesIn(c.dot_axes));
    default:
      return fail("unsupported/merge-mode", {
        expected: "sum, mul, ave, max, concat, dot or cos",
        found: mode ?? "code",
      });
  }
}

const models = (node: LayerNode): readonly LayerNode[] => node.children.get("layers") ?? [];

/** What a model inside takes. */
const inputsOf = (model: LayerNode): readonly InputSpec[] =>
  (model.def as LayerDef | null)?.inputs?.(model) ?? [sequentialInput(model, model)];

export const merge = layer({
  class: "Merge",
  until: "keras1",
  config: {
    layers: optional(layersField()),
    mode: text("sum"),
    concat_axis: int({ min: -32, default: -1 }),
    dot_axes: json(),
  },
  children: { layers: "option" },
  mask(cx, c, masks, x) {
    if (c.mode === "concat") return concatenatedMask(cx, masks, x, c.concat_axis);
    return c.mode === "sum" || c.mode === "mul" || c.mode === "ave" ? mergedMask(cx, masks) : [];
  },
  forward(cx, c, _w, x) {
    const code = cx.node.options.get("mode_type");
    const mode = code === "lambda" || code === "function" ? null : c.mode;
    const inside = models(cx.node);
    if (inside.length === 0) return merged(cx, mode, c, x);
    let at = 0;
    const outputs = inside.flatMap((model) => {
      const count = inputsOf(model).length;
      const mine = x.slice(at, (at += count));
      return cx.call(model, mine.length === 1 ? mine : [mine]);
    });
    return merged(cx, mode, c, outputs);
  },
  inputs: (node) => models(node).flatMap(inputsOf),
});
