/** Whole numbers at the ends of their dtypes: what overflows keeps its low bits, what does not is exact. */
import { expect, it } from "vitest";
import { fromPlain } from "../../src/codecs/json.ts";
import { load, type Model, type Tensor, tensor } from "../../src/node.ts";
import { tableModel, tableOf, wholeWeight } from "../support/tables.ts";

const BACKENDS = ["reference", "wasm"] as const;
const TYPES = {
  int8: [-128, 127, -7, 3],
  uint8: [255, 254, 7, 3],
  int16: [-32768, 32767, -7, 3],
  int32: [-(2 ** 31), 2 ** 31 - 1, -7, 3, 2 ** 31 - 2, 1 - 2 ** 31],
  uint32: [2 ** 32 - 1, 2 ** 32 - 2, 7, 3],
} as const;
type Whole = keyof typeof TYPES;

function filled(dtype: Whole, shape: readonly number[], seed: number): { readonly x: Tensor; readonly data: number[] } {
  const values = TYPES[dtype];
  const length = shape.reduce((n, m) => n * m, 1);
  const data = Array.from({ length }, (_, i) => values[(5 * i + seed * Math.floor(i / 3)) % values.length]!);
  return { x: tensor(data, [...shape], dtype), data };
}

const operation = (name: string, dtype: Whole, set: Readonly<Record<string, unknown>> = {}): Model =>
  tableModel(
    tableOf<{ readonly config: unknown }>("dtypes/keras3_operations.json.gz")[name]!.config,
    "keras3",
    (options, className) => {
      if (className === "InputLayer") options.set("dtype", dtype);
      else for (const [key, value] of Object.entries(set)) options.set(key, fromPlain(value));
    },
  );

// As real Keras gives them: tensordot multiplies int32 as it is, which overflows; other products go through float32 and are cut off.
it.each([
  ["tensordot/lists", [-2147483634, -63, -2147483620, 6]],
  ["inner", [-(2 ** 31), -(2 ** 31), -(2 ** 31), -(2 ** 31)]],
] as const)("products of int32 that are too large: %s", async (name, expected) => {
  const most = 2 ** 31 - 1;
  const x = tensor([-most - 1, most, -7, 0, 3, most - 1, -most, 0], [2, 4], "int32");
  const y = tensor([5, -7, most, 0, most, -most - 1, 9, 0], [2, 4], "int32");
  const model = operation(name, "int32", name === "inner" ? {} : { axes: [[1], [1]] });
  for (const backend of BACKENDS) {
    const [z] = await model.predict([x, y], { backend });
    expect([z!.dtype, ...z!.data], backend).toEqual(["int32", ...expected]);
  }
});

it.each(["int8", "uint8", "int16", "int32", "uint32"] as const)("a threshold leaves %s as it is", async (dtype) => {
  const model = operation("threshold(x,0.5,7)", dtype, { threshold: 1, default_value: 3 });
  const x = filled(dtype, [3, 4], 1);
  for (const backend of BACKENDS)
    expect([...(await model.predict([x.x, x.x], { backend }))[0]!.data], backend).toEqual(
      x.data.map((value) => (value > 1 ? value : 3)),
    );
});

it("tf-keras's UnitNormalization squares floats, whatever it is given", async () => {
  const layer = (class_name: string, config: object) => ({ class_name, config });
  const input = layer("InputLayer", { name: "x", batch_input_shape: [null, 2], dtype: "uint8" });
  const config = {
    name: "m",
    layers: [input, layer("UnitNormalization", { name: "unit", dtype: "float32", axis: [-1] })],
  };
  const json = JSON.stringify({ class_name: "Sequential", config, keras_version: "2.15.0", backend: "tensorflow" });
  const model = await load(new TextEncoder().encode(json));
  for (const backend of BACKENDS) {
    const [y] = await model.predict(tensor([30, 40, 0, 255], [2, 2], "uint8"), { backend });
    [0.6, 0.8, 0, 1].forEach((value, i) => expect(y!.data[i], backend).toBeCloseTo(value, 6));
  }
});

// As real Keras 3.15.1 gives them on TensorFlow, the arrays being those of `filled`: convolutions of int32 keep the low bits of what overflows,
// products go through float32 and are cut off.
it.each([
  ["Conv1D", { filters: 2, kernel_size: 2 }, [1, 4, 2], [6, -10, -2147483636, 2147483633, -2147483618, -27]],
  ["Conv2D", { filters: 2, kernel_size: 2 }, [1, 3, 2, 2], [-2147483565, 14, 23, 2147483622]],
  ["Conv2D", { filters: 2, kernel_size: 2, groups: 2 }, [1, 3, 2, 2], [-2147483636, 2147483624, 12, -13]],
  [
    "Conv1DTranspose",
    { filters: 2, kernel_size: 2 },
    [1, 3, 2],
    [-2147483647, -2147483646, -2147483647, -2147483642, -9, -14, -27, -26],
  ],
  [
    "Conv2DTranspose",
    { filters: 1, kernel_size: 2 },
    [1, 2, 2, 2],
    [-2147483647, -1, 2, -4, -13, -2147483637, -27, -16, -2147483637],
  ],
  ["Dense", { units: 2 }, [1, 5], [0, 1]],
  ["EinsumDense", { equation: "abc,cd->abd", output_shape: [null, 2], bias_axes: "d" }, [1, 2, 4], [0, 1, 0, 1]],
] as const)("layers of int32 that overflow: %s %o", async (class_name, options, shape, expected) => {
  const input = {
    class_name: "InputLayer",
    config: { name: "x", batch_shape: [null, ...shape.slice(1)], dtype: "int32" },
  };
  const layer = { class_name, config: { name: "l", dtype: "int32", ...options } };
  const layers = [input, layer].map((one) => ({ module: "keras.layers", ...one }));
  const config = { module: "keras", class_name: "Sequential", config: { name: "m", layers } };
  const model = tableModel(config, "keras3", () => undefined, wholeWeight);
  await model.setWeights(model.weights.map((w, i) => filled("int32", w.shape as number[], i + 2).x));
  for (const backend of BACKENDS) {
    const [y] = await model.predict(filled("int32", shape, 1).x, { backend });
    expect([y!.dtype, ...y!.data], backend).toEqual(["int32", ...expected]);
  }
});
