/** `mask=None` in a call: before Keras 3 it hides the input's own mask (tf_keras/engine/base_layer.py, `_get_input_masks`). */
import { expect, it } from "vitest";
import { load } from "../../src/node.ts";
import { isNode } from "../../src/ops/slots.ts";

/** Masking → SimpleRNN, in the language of tf-keras; `kwargs` of the recurrent layer's call. */
async function isMasked(kwargs: object): Promise<boolean> {
  const layer = (class_name: string, name: string, config: object, inbound_nodes: unknown) => ({
    class_name,
    name,
    config: { name, ...config },
    inbound_nodes,
  });
  const layers = [
    layer("InputLayer", "x", { batch_input_shape: [null, 3, 2], dtype: "float32" }, []),
    layer("Masking", "masking", {}, [[["x", 0, 0, {}]]]),
    layer("SimpleRNN", "rnn", { units: 2 }, [[["masking", 0, 0, kwargs]]]),
  ];
  const config = { name: "m", layers, input_layers: [["x", 0, 0]], output_layers: [["rnn", 0, 0]] };
  const text = JSON.stringify({ class_name: "Functional", config, keras_version: "2.15.0", backend: "tensorflow" });
  const { graph } = await load(new TextEncoder().encode(text));
  return graph.nodes.some((node) => isNode(node, "rnn") && node.in.mask !== null);
}

it.each([
  [{}, true],
  [{ mask: null }, false],
])("called with %j is masked: %s", async (kwargs, masked) => {
  expect(await isMasked(kwargs)).toBe(masked);
});
