/**
 * Layers called one after the other. No weights of its own.
 * Source: keras/src/models/sequential.py, keras 1.2.2 keras/models.py.
 */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import { layer, type InputSpec, type LayerNode } from "../define.ts";
import { json } from "../fields.ts";
import { layersField } from "../layer-fields.ts";
import { entering } from "../common/args.ts";
import { conformed, sequentialInput } from "../common/model-inputs.ts";
import type { Sym } from "../../ops/types.ts";

const layersOf = (node: LayerNode): readonly LayerNode[] => node.children.get("layers")!;

function inputsOf(node: LayerNode): readonly InputSpec[] {
  const first = layersOf(node)[0];
  if (first?.def?.kind === "layer" && first.def.inputs !== undefined && first.class !== "InputLayer")
    return first.def.inputs(first);
  return [sequentialInput(node, first)];
}

/** A later InputLayer changes nothing, but must not contradict what comes to it; any batch size does. */
function entered(child: LayerNode, y: readonly Sym[]): readonly Sym[] {
  const [wanted, found] = [child.batchShape, y[0]?.shape];
  if (wanted === null || found === undefined || y.length !== 1) return y;
  const fits = wanted.length === found.length && wanted.every((n, i) => i === 0 || n === null || (found[i] ?? n) === n);
  return fits ? y : fail("mismatch/shape", { path: child.name, expected: showShape(wanted), found: showShape(found) });
}

export const sequential = layer({
  class: "Sequential",
  args: ["inputs", "training", "mask"],
  module: "keras",
  config: { layers: layersField(), build_input_shape: json() },
  calls: { casts: false },
  children: { layers: "option" },
  mask: (_cx, _c, _masks, _x, y) => y.map((s) => s.mask),
  forward(cx, _c, _w, x, kw) {
    const masked = entering(cx, x, kw);
    const given = layersOf(cx.node)[0]?.class === "InputLayer" ? conformed(cx, inputsOf(cx.node), masked) : masked;
    return cx.childList("layers").reduce<readonly Sym[]>((y, child, i) => {
      if (child.class === "InputLayer") return i === 0 ? y : entered(child, y);
      const out = cx.call(child, y.length === 1 ? y : [y]);
      return out.length > 0 ? out : [cx.unknown(null, "float32")];
    }, given);
  },
  inputs: inputsOf,
  outputs(node) {
    const last = layersOf(node).at(-1);
    return last === undefined ? [] : [{ name: last.name }];
  },
});
