/**
 * Masks around a model inside a model. Numbers: tf-keras 2.21.0 and Keras 3.15.1, `predict` of the same models with all weights 1
 * (`model.set_weights([np.ones_like(w) for w in model.get_weights()])`).
 */
import { expect, it } from "vitest";
import type { Tensor } from "../../src/core/tensor.ts";
import { tensor } from "../../src/node.ts";
import { tableModel } from "../support/tables.ts";

type Semantics = "keras3" | "tf-keras";

const input = (name: string, shape: readonly number[], dtype: string) => ({
  class_name: "InputLayer",
  name,
  config: { name, batch_input_shape: [null, ...shape], dtype },
  inbound_nodes: [],
});
const call = (class_name: string, name: string, config: object, ...from: readonly string[]) => ({
  class_name,
  name,
  config: { name, trainable: true, ...config },
  inbound_nodes: from.map((layer) => [[layer, 0, 0, {}]]),
});
const functional = (name: string, layers: readonly object[], inputs: string, outputs: readonly unknown[]) => ({
  name,
  layers,
  input_layers: [[inputs, 0, 0]],
  output_layers: outputs,
});
const rnn = (name: string, options: object, from: string) =>
  call("SimpleRNN", name, { units: 1, activation: "linear", use_bias: false, ...options }, from);
const inner = (options: object) =>
  functional("inner", [input("in", [4, 1], "float32"), rnn("rnn", options, "in")], "in", [["rnn", 0, 0]]);

async function predicted(config: object, semantics: Semantics, x: Tensor): Promise<number[][]> {
  const ones = (_: unknown, shape: readonly number[]) =>
    tensor(new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(1), [...shape]);
  const model = tableModel({ class_name: "Functional", config }, semantics, () => undefined, ones);
  const [wasm, reference] = await Promise.all(
    (["wasm", "reference"] as const).map(async (backend) =>
      [await model.predict(x, { backend })].flat().map(({ data }) => Array.from(data as Float32Array)),
    ),
  );
  expect(wasm).toEqual(reference);
  return wasm!;
}

it.each(["tf-keras", "keras3"] as const)(
  "a masked value keeps its mask for those after an inner model, %s",
  async (semantics) => {
    const first = semantics === "keras3" ? 0 : 1; // before Keras 3 the call that made a model counts too
    const config = functional(
      "m",
      [
        input("ids", [4], "int32"),
        call("Embedding", "e", { input_dim: 5, output_dim: 1, mask_zero: true }, "ids"),
        call("Functional", "inner", inner({}), "e", "e"),
        rnn("after", {}, "e"),
      ],
      "ids",
      [
        ["inner", first, 0],
        ["inner", first + 1, 0],
        ["after", 0, 0],
      ],
    );
    const y = await predicted(config, semantics, tensor([1, 2, 0, 3, 0, 0, 4, 0], [2, 4], "int32"));
    expect(y).toEqual([
      [3, 1],
      [3, 1],
      [3, 1],
    ]);
  },
);

it.each([
  ["tf-keras", "float32", [1, 3, 0, 6]],
  ["tf-keras", "float16", [1, 3, 3, 6]],
  ["keras3", "float32", [1, 3, 0, 6]],
  ["keras3", "float16", [1, 3, 0, 6]],
] as const)("what an inner model casts as it enters, %s, %s", async (semantics, dtype, expected) => {
  const config = functional(
    "m",
    [
      input("x", [4, 1], dtype),
      call("Masking", "masking", { dtype }, "x"),
      call("Functional", "inner", inner({ return_sequences: true, zero_output_for_mask: true }), "masking"),
    ],
    "x",
    [["inner", semantics === "keras3" ? 0 : 1, 0]],
  );
  expect(await predicted(config, semantics, tensor([1, 2, 0, 3], [1, 4, 1], dtype))).toEqual([expected]);
});

const KEPT = [1, 2, 0, 3];
const LOST = [1, 2, 3, 4];
it.each([
  ["numpy", "Real", {}, KEPT],
  ["numpy", "Conj", {}, KEPT],
  ["numpy", "Conjugate", {}, KEPT],
  ["numpy", "Array", {}, KEPT],
  ["core", "Cast", { dtype: "float32" }, KEPT],
  ["core", "ConvertToTensor", {}, KEPT],
  ["core", "StopGradient", {}, LOST],
  ["numpy", "Copy", {}, LOST],
  ["numpy", "NanToNum", {}, LOST],
  ["numpy", "Round", {}, LOST],
  ["numpy", "Trunc", {}, LOST],
  ["numpy", "Abs", {}, LOST],
] as const)(
  "an operation of Keras 3 that may give the very tensor it got, %s.%s",
  async (module, name, options, expected) => {
    const config = functional(
      "m",
      [
        input("ids", [4], "int32"),
        call("Embedding", "e", { input_dim: 5, output_dim: 1, mask_zero: true }, "ids"),
        { ...call(name, "op", {}, "e"), module: `keras.src.ops.${module}`, config: { name: "op", ...options } },
        rnn("rnn", { return_sequences: true, zero_output_for_mask: true }, "op"),
      ],
      "ids",
      [["rnn", 0, 0]],
    );
    expect(await predicted(config, "keras3", tensor([1, 2, 0, 3], [1, 4], "int32"))).toEqual([expected]);
  },
);
