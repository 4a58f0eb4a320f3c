/**
 * tf.keras's wide and deep model: y = activation(linear_model(x₁) + dnn_model(x₂)), both of the same x where only one is
 * given. The weights are those of its models. Gone in Keras 3. Source: tf_keras/premade_models/wide_deep.py.
 */
import { fail } from "../../core/error.ts";
import { layer, type LayerNode } from "../define.ts";
import { activation } from "../fields.ts";
import { layerField } from "../layer-fields.ts";
import { activate } from "../common/checks.ts";
import { builtInputs } from "../common/model-inputs.ts";
import { callInner } from "../common/wrapper.ts";

const takes = (model: LayerNode): number => (model.def?.kind === "layer" && model.def.inputs?.(model).length) || 1;
const modelsOf = (node: LayerNode): LayerNode[] =>
  ["linear_model", "dnn_model"].flatMap((attribute) => node.children.get(attribute) ?? []);

/** Under which name its list of layers has a model, or a layer: its class's, `LinearModel` as `linear_model`. */
const folderOf = (className: string): string =>
  (className === "Model" ? "Functional" : className)
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();

export const wideDeepModel = layer({
  class: "WideDeepModel",
  module: "keras.experimental",
  until: "keras2",
  config: { linear_model: layerField(), dnn_model: layerField(), activation: activation("linear") },
  children: {
    linear_model: "option",
    dnn_model: {
      config: (c) => c.dnn_model,
      spelled: "one",
      olderPath: ({ class: own }) => `layers/${folderOf(own)}`,
    },
  },
  forward(cx, c, _w, x) {
    const [linear, deep] = modelsOf(cx.node) as [LayerNode, LayerNode];
    const [wide, more] = [takes(linear), takes(deep)];
    const isBoth = x.length === wide + more;
    if (!isBoth && (x.length !== wide || x.length !== more))
      fail("mismatch/inputs", { expected: `${wide + more} tensors`, found: String(x.length) });
    const given = (some: typeof x) => (some.length === 1 ? some : [some]);
    const a = callInner(cx, linear, given(x.slice(0, wide)));
    const b = callInner(cx, deep, given(isBoth ? x.slice(wide) : x));
    if (a.length !== b.length) fail("mismatch/outputs", { expected: `${a.length} outputs`, found: String(b.length) });
    return a.map((one, i) => activate(cx, cx.op.add(one, b[i]!), c.activation));
  },
  inputs: (node) =>
    builtInputs(
      node,
      modelsOf(node).reduce((sum, model) => sum + takes(model), 0),
    ),
});
