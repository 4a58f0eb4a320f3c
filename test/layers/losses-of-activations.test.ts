/**
 * What tf-keras's losses, as functions in a model, go back to: the logits of whichever activation a layer has made their
 * output of, and of a function's only where it is the one that they expect. Numbers of tf-keras 2.21, as `predict` gives them:
 *
 *     TFOpLambda(loss)(o, activation(x)) of x = [30, -30, 0], o = [0, 1, 0]
 */
import { expect, it } from "vitest";
import { load, tensor } from "../../src/index.ts";
import { olderModel } from "../support/older.ts";

const ACTIVATIONS = {
  "Activation softmax": ["Activation", { activation: "softmax" }],
  "Activation sigmoid": ["Activation", { activation: "sigmoid" }],
  Softmax: ["Softmax", { axis: -1 }],
  "nn.softmax": ["TFOpLambda", { function: "nn.softmax" }],
  "math.sigmoid": ["TFOpLambda", { function: "math.sigmoid" }],
} as const;
const LOGITS = [30, 30, 0.6931471824645996];

it.each([
  ["Activation softmax", "binary_crossentropy", LOGITS],
  ["Activation softmax", "categorical_crossentropy", [60]],
  ["Activation sigmoid", "binary_crossentropy", LOGITS],
  ["Activation sigmoid", "categorical_crossentropy", [60]],
  ["Softmax", "binary_crossentropy", LOGITS],
  ["Softmax", "categorical_crossentropy", [60]],
  ["nn.softmax", "binary_crossentropy", [15.249238014221191, 15.424948692321777, 0]],
  ["nn.softmax", "categorical_crossentropy", [60]],
  ["math.sigmoid", "binary_crossentropy", LOGITS],
  ["math.sigmoid", "categorical_crossentropy", [16.11809539794922]],
] as const)("%s, %s", async (made, loss, expected) => {
  const [className, config] = ACTIVATIONS[made];
  const file = olderModel(
    [
      ["x", "InputLayer", { batch_input_shape: [null, 3] }, []],
      ["o", "InputLayer", { batch_input_shape: [null, 3] }, []],
      ["p", className, config, [className === "TFOpLambda" ? ["x", 0, 0, {}] : [["x", 0, 0, {}]]]],
      ["y", "TFOpLambda", { function: `keras.backend.${loss}` }, [["o", 0, 0, { output: ["p", 0, 0] }]]],
    ],
    [["y", 0, 0]],
  );
  const model = await load(new TextEncoder().encode(JSON.stringify(file)));
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict([tensor([30, -30, 0], [1, 3]), tensor([0, 1, 0], [1, 3])], { backend });
    expect(y!.data).toHaveLength(expected.length);
    expected.forEach((value, i) => expect(Math.abs(Number(y!.data[i]) - value)).toBeLessThan(1e-5 * 60));
  }
});
