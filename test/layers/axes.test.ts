/** Axes that an input has not, or that are named twice: refused by the layer's name, whichever the layer. */
import { describe, expect, it } from "vitest";
import { fromPlain, type JsonObject } from "../../src/codecs/json.ts";
import { FormatError } from "../../src/core/error.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import "../../src/layers/all.ts";
import { readModel } from "../../src/model/bind.ts";
import { layers, Model, Sequential, tensor } from "../../src/node.ts";
import { tableModel } from "../support/tables.ts";

const made: Readonly<Record<string, (axes: number | number[]) => unknown>> = {
  softmax: (axis) => layers.softmax({ axis }),
  layerNormalization: (axis) => layers.layerNormalization({ axis }),
  rmsNormalization: (axis) => layers.rmsNormalization({ axis }),
  unitNormalization: (axis) => layers.unitNormalization({ axis }),
  normalization: (axis) => layers.normalization({ axis }),
};

describe.each(Object.entries(made))("%s", (name, layer) => {
  it.each([[[2, 2]], [[-1, 2]], [[1, 3]], [[-4]], [[9]]])("axis %j", (axes) => {
    const model = new Sequential();
    const add = (): void => model.add(layer(axes) as { apply: unknown } as never);
    model.add(layers.identity({ inputShape: [3, 4] }));
    expect(add).toThrow(FormatError);
    expect(add).toThrow(new RegExp(name.replace(/([A-Z])/g, "_$1").toLowerCase()));
  });
});

/** A model of one layer or operation over x[B, 3, 4], as Keras 3 writes it. */
function one(module: string, className: string, config: object, dtype = "float32"): object {
  const x = { class_name: "__keras_tensor__", config: { shape: [null, 3, 4], dtype, keras_history: ["x", 0, 0] } };
  return {
    class_name: "Functional",
    config: {
      name: "m",
      layers: [
        { module: "keras.layers", class_name: "InputLayer", name: "x", config: { name: "x", batch_shape: [null, 3, 4], dtype }, inbound_nodes: [] }, // prettier-ignore
        { module, class_name: className, name: "y", config: { name: "y", ...config }, inbound_nodes: [{ args: [x], kwargs: {} }] }, // prettier-ignore
      ],
      input_layers: [["x", 0, 0]],
      output_layers: [["y", 0, 0]],
    },
  };
}
const opened = (model: object): Model => {
  const semantics = "keras3" as const;
  const root = readModel(fromPlain(model) as JsonObject, { semantics, backend: "tensorflow", initialise: null });
  return new Model({ root, archive: null, hasWeights: true, unknownWeights: new Map(), warnings: [] });
};
const REDUCTIONS = ["Sum", "Mean", "Prod", "Any", "All", "Max", "Min", "Amax", "Amin", "Var", "Std", "Ptp", "CountNonzero", "Average", "Median"]; // prettier-ignore
const FUNCTIONS = [
  ...REDUCTIONS.map((name) => ["keras.src.ops.numpy", name, "axis"] as const),
  ["keras.src.ops.math", "Logsumexp", "axis"] as const,
  ["keras.src.ops.linalg", "Norm", "axis"] as const,
  ["keras.src.ops.nn", "Moments", "axes"] as const,
  ["keras.src.ops.numpy", "Flip", "axis"] as const,
  ["keras.src.ops.numpy", "Transpose", "axes"] as const,
];

describe.each(FUNCTIONS)("%s %s", (module, name, option) => {
  it.each([[[1, 1]], [[1, -2]], [[1, 3]], [[-4, 1]], [[9]]])(`${option} %j`, async (axes) => {
    const run = async (): Promise<unknown> =>
      opened(one(module, name, { [option]: axes })).predict(tensor(new Float32Array(24), [2, 3, 4]));
    await expect(run()).rejects.toSatisfy((e) => e instanceof FormatError && /^(mismatch|malformed)\//.test(e.code));
    await expect(run()).rejects.toThrow(/ y: /);
  });
});

it.each([
  ["keras.src.ops.math", "Logsumexp"],
  ["keras.src.ops.nn", "Normalize"],
])("%s %s of integers is refused, as TensorFlow does", async (module, name) => {
  const run = opened(one(module, name, { axis: 1 }, "uint8")).predict(tensor(new Uint8Array(24), [2, 3, 4], "uint8"));
  await expect(run).rejects.toThrow(/unsupported\/dtype.*floats/);
});

/** What Keras 3.15.1 gives for integers -3, -1, 0, 1, 2, 5, 7; null where it refuses. */
it.each([
  [{}, "int8", [0, 0, 0, 1, 2, 5, 7]],
  [{ negative_slope: 0.1 }, "float32", [-0.3, -0.1, 0, 1, 2, 5, 7]],
  [{ negative_slope: 0.1, max_value: 6 }, null, []],
  [{ negative_slope: 0.1, threshold: 1 }, null, []],
  [{ threshold: 1.5 }, "int8", [0, 0, 0, 0, 2, 5, 7]],
  [{ threshold: 2 }, "int8", [0, 0, 0, 0, 0, 5, 7]],
  [{ max_value: 6.5 }, "int8", [0, 0, 0, 1, 2, 5, 6]],
] as const)("ReLU %j of integers", async (config, dtype, expected) => {
  const model = opened(one("keras.layers", "ReLU", { trainable: true, dtype: "float32", ...config }, "int8"));
  for (const backend of ["wasm", "reference"] as const) {
    const run = model.predict(tensor(new Int8Array([-3, -1, 0, 1, 2, 5, 7, 0, 0, 0, 0, 0]), [1, 3, 4], "int8"), { backend }); // prettier-ignore
    if (dtype === null) {
      await expect(run).rejects.toThrow(/ y: .*unsupported\/dtype/);
      continue;
    }
    const [y] = [await run].flat() as Tensor[];
    expect(y!.dtype).toBe(dtype);
    expected.forEach((v, i) => expect(Number(y!.data[i])).toBeCloseTo(v, 6));
  }
});

/** gamma[2, 3] lies over the axes 3 and 1 as over 1 and 3: Keras reshapes it (`_broadcast` of tf_keras/layers/normalization/layer_normalization.py). */
it.each(["keras3", "tf-keras"] as const)(
  "LayerNormalization's weights over axes out of order, %s",
  async (semantics) => {
    const outputs: string[][] = [];
    for (const axis of [
      [3, 1],
      [1, 3],
    ]) {
      const layers = [
        { class_name: "InputLayer", config: { name: "x", batch_input_shape: [null, 3, 4, 2], dtype: "float32" } },
        { class_name: "LayerNormalization", config: { name: "y", trainable: true, axis } },
      ];
      const model = tableModel({ class_name: "Sequential", config: { name: "m", layers } }, semantics, () => undefined);
      const isKept = semantics === "tf-keras" && axis[0] === 3;
      const x = tensor(
        Array.from({ length: 48 }, (_, i) => Math.sin(i * i)),
        [2, 3, 4, 2],
      );
      for (const backend of ["wasm", "reference"] as const) {
        const y = [await model.predict(x, { backend })].flat()[0] as Tensor;
        outputs.push(Array.from(y.data as Float32Array, (v) => v.toFixed(4)));
      }
      expect(model.weights[0]!.shape).toEqual(isKept ? [2, 3] : [3, 2]);
    }
    for (const output of outputs) expect(output).toEqual(outputs[0]);
  },
);
