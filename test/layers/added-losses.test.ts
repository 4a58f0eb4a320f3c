/**
 * Models that `model.add_loss(tensor)` and `model.add_metric(tensor)` of tf.keras made. Numbers: tf-keras 2.21.0 on this model,
 * `evaluate` and three epochs of `fit(x, y, batch_size=2, shuffle=False)` with SGD, mean squared error and the weights below.
 */
import { expect, it } from "vitest";
import { load, save, tensor } from "../../src/node.ts";

const layer = (class_name: string, name: string, config: object, ...inbound_nodes: readonly unknown[]) => ({
  class_name,
  name,
  config: { name, trainable: true, dtype: "float32", ...config },
  inbound_nodes,
});
const dense = (name: string, units: number, from: string) =>
  layer("Dense", name, { units, use_bias: false }, [[from, 0, 0, {}]]);

/** y = out(hidden(x)); the loss adds the mean of side(hidden(x))², a metric its sum. */
const ARCHITECTURE = JSON.stringify({
  class_name: "Functional",
  config: {
    name: "m",
    trainable: true,
    layers: [
      { class_name: "InputLayer", name: "x", config: { name: "x", batch_input_shape: [null, 2], dtype: "float32" }, inbound_nodes: [] }, // prettier-ignore
      dense("hidden", 2, "x"),
      dense("out", 1, "hidden"),
      dense("side", 1, "hidden"),
      layer("TFOpLambda", "tf.math.square", { function: "math.square" }, ["side", 0, 0, { name: null }]),
      layer("TFOpLambda", "tf.math.reduce_mean", { function: "math.reduce_mean" }, ["tf.math.square", 0, 0, {}]),
      layer("AddLoss", "add_loss", { unconditional: false }, [["tf.math.reduce_mean", 0, 0, {}]]),
      layer("AddMetric", "add_metric", { aggregation: "mean", metric_name: "s" }, [["tf.math.reduce_mean", 0, 0, {}]]),
    ],
    input_layers: [["x", 0, 0]],
    output_layers: [["out", 0, 0]],
  },
  keras_version: "2.21.0",
  backend: "tensorflow",
});

async function model() {
  const made = await load(new TextEncoder().encode(ARCHITECTURE));
  // prettier-ignore
  await made.setWeights([tensor([[0.5, -0.25], [0.75, 1]]), tensor([[1], [-0.5]]), tensor([[0.25], [2]])]);
  return made;
}
const x = tensor([[1, 2], [-1, 0.5]]); // prettier-ignore
const y = tensor([[1], [0]]);
const PREDICTED = [1.125, -0.5];
const LOSSES = [9.21142578125, 5.34259843826293945, 3.44998693466186523];
const SIDE = [0.07537218928337097, 1.8372340202331543];

it("predicts without them", async () => {
  const made = await model();
  expect(made.problems).toEqual([]);
  for (const backend of ["wasm", "reference"] as const)
    expect(Array.from((await made.predict(x, { backend }))[0]!.data)).toEqual(PREDICTED);
});

it("trains with them", async () => {
  const made = await model();
  made.compile({ optimizer: "sgd", loss: "mse" });
  expect((await made.evaluate(x, y))["loss"]).toBeCloseTo(LOSSES[0]!, 5);
  const { history } = await made.fit(x, y, { batchSize: 2, epochs: 3, shuffle: false });
  LOSSES.forEach((loss, i) => expect(history["loss"]![i]).toBeCloseTo(loss, 5));
  const side = (await made.getWeights()).at(-1)!.data;
  SIDE.forEach((w, i) => expect(Number(side[i])).toBeCloseTo(w, 5));
});

it("Keras 3 gets the model that predicts, and is told so", async () => {
  const made = await model();
  const [file] = (await save(made, { format: "keras-v3", dialect: "keras3" })).values();
  const back = await load(file!);
  expect(back.layers.map(({ name }) => name)).toEqual(["x", "hidden", "out"]);
  expect(Array.from((await back.predict(x))[0]!.data)).toEqual(PREDICTED);
});
