/** What quantising would make of floats: Keras's numbers (fake-quantization.json, made by fake_quantization.py). */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { load, tensor } from "../../src/index.ts";

interface Table {
  readonly x: number[];
  readonly cases: readonly { readonly config: string; readonly y: readonly number[] }[];
}
const table = JSON.parse(readFileSync(new URL("fake-quantization.json", import.meta.url), "utf8")) as Table;

it.each(table.cases.map((one, i) => [i, one] as const))("case %i is Keras's", async (_i, { config, y }) => {
  const model = await load(new TextEncoder().encode(config));
  for (const backend of ["wasm", "reference"] as const) {
    const [made] = await model.predict(tensor(table.x, [3, 2, 3]), { backend });
    y.forEach((value, i) => expect(Math.abs(value - Number(made!.data[i]))).toBeLessThanOrEqual(2e-6));
  }
});

/**
 * Midway between two steps of 12 / 255, in float32:
 *
 *     x = ((np.arange(-127, 128, 14) + 0.5) * np.float32(12 / 255)).astype("float32")
 *     tf.quantization.fake_quant_with_min_max_args(x, -6, 6), fake_quant_with_min_max_vars(x, -6.0, 6.0),
 *     fake_quant_with_min_max_vars_per_channel(x[:, None], [-6.0], [6.0])  # as the first
 */
const HALVES = [-5.952941417694092, -5.2941179275512695, -4.635294437408447, -3.976470708847046, -3.3176472187042236, -2.6588234901428223, -2.0, -1.3411765098571777, -0.6823529601097107, -0.0235294122248888, 0.6352941393852234, 1.2941176891326904, 1.9529411792755127, 2.611764669418335, 3.2705883979797363, 3.9294118881225586, 4.588235378265381, 5.247058868408203, 5.905882358551025]; // prettier-ignore
const BY_INVERSE = [-5.929411888122559, -5.270588397979736, -4.611764907836914, -3.9529411792755127, -3.2941176891326904, -2.635294198989868, -1.9764705896377563, -1.317647099494934, -0.658823549747467, 0.0, 0.658823549747467, 1.317647099494934, 1.9764705896377563, 2.635294198989868, 3.2941176891326904, 3.9529411792755127, 4.611764907836914, 5.270588397979736, 5.929411888122559]; // prettier-ignore
const DIVIDED = [-5.929411888122559, -5.270588397979736, -4.658823490142822, -3.9529411792755127, -3.2941176891326904, -2.635294198989868, -1.9764705896377563, -1.317647099494934, -0.658823549747467, 0.0, 0.658823549747467, 1.317647099494934, 1.9764705896377563, 2.635294198989868, 3.2941176891326904, 3.9529411792755127, 4.611764907836914, 5.22352933883667, 5.929411888122559]; // prettier-ignore

it.each([
  ["args", -6, 6, BY_INVERSE],
  ["vars", -6, 6, DIVIDED],
  ["vars_per_channel", [-6], [6], BY_INVERSE],
])("%s is TensorFlow's midway between two steps", async (name, min, max, steps) => {
  const fn = `quantization.fake_quant_with_min_max_${name}`;
  const layers = [
    { class_name: "InputLayer", config: { batch_input_shape: [null, 1], dtype: "float32", name: "x" }, name: "x", inbound_nodes: [] },
    { class_name: "TFOpLambda", config: { name: "y", trainable: true, dtype: "float32", function: fn }, name: "y", inbound_nodes: [["x", 0, 0, { min, max }]] },
  ]; // prettier-ignore
  const config = { name: "m", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: [["y", 0, 0]] };
  const json = { class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" };
  const model = await load(new TextEncoder().encode(JSON.stringify(json)));
  const [made] = await model.predict(tensor(HALVES, [HALVES.length, 1]), { backend: "wasm" });
  expect([...made!.data]).toEqual(steps);
});
