/**
 * Layers of whole numbers, whatever their width: real Keras's numbers (3.15.1 and tf-keras 2.21.0 on TensorFlow 2.21), `"x"` for the
 * input's own dtype, null where Keras refuses them: `keras.Model(i, L.ReLU(max_value=2.5)(i))(x)` of SIGNED in each of int8,
 * int16, int32, int64, and of UNSIGNED in each of uint8, uint16, uint32.
 */
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/core/error.ts";
import { withDType } from "../../src/core/cast.ts";
import { type DType, type Tensor, tensor } from "../../src/node.ts";
import { tableModel } from "../support/tables.ts";

const SIGNED = [-20, -2, -1, 0, 1, 3, 7];
const UNSIGNED = [0, 1, 3, 7, 100];
const BACKENDS = ["reference", "wasm"] as const;

type Answer = readonly [dtype: string, numbers: readonly number[]] | null;
type Row = readonly [name: string, options: object, signed: Answer, unsigned: Answer];

// prettier-ignore
const KERAS_3: readonly Row[] = [
  ["ReLU", {"max_value": null, "negative_slope": 0, "threshold": 0}, ["x", [0, 0, 0, 0, 1, 3, 7]], ["x", [0, 1, 3, 7, 100]]],
  ["ReLU", {"max_value": null, "negative_slope": 0.5, "threshold": 0}, ["float32", [-10, -1, -0.5, 0, 1, 3, 7]], ["float32", [0, 1, 3, 7, 100]]],
  ["ReLU", {"max_value": null, "negative_slope": 1, "threshold": 0}, ["float32", [-20, -2, -1, 0, 1, 3, 7]], ["float32", [0, 1, 3, 7, 100]]],
  ["ReLU", {"max_value": 2.5, "negative_slope": 0, "threshold": 0}, ["x", [0, 0, 0, 0, 1, 2, 2]], ["x", [0, 1, 2, 2, 2]]],
  ["ReLU", {"max_value": 2.5, "negative_slope": 0, "threshold": 1.7}, ["x", [0, 0, 0, 0, 0, 2, 2]], ["x", [0, 0, 2, 2, 2]]],
  ["ReLU", {"max_value": 6, "negative_slope": 0, "threshold": 0}, ["x", [0, 0, 0, 0, 1, 3, 6]], ["x", [0, 1, 3, 6, 6]]],
  ["ReLU", {"max_value": null, "negative_slope": 0, "threshold": 0.5}, ["x", [0, 0, 0, 0, 1, 3, 7]], ["x", [0, 1, 3, 7, 100]]],
  ["ReLU", {"max_value": 2, "negative_slope": 1, "threshold": 0}, ["x", [-20, -2, -1, 0, 1, 2, 2]], null],
  ["ReLU", {"max_value": 2.5, "negative_slope": 1, "threshold": 0}, ["x", [-20, -2, -1, 0, 1, 2, 2]], null],
  ["ReLU", {"max_value": 2.5, "negative_slope": 2, "threshold": 1}, ["x", [-42, -6, -4, -2, 0, 2, 2]], null],
  ["ReLU", {"max_value": null, "negative_slope": 0.5, "threshold": 1}, null, null],
  ["ReLU", {"max_value": null, "negative_slope": 1, "threshold": 1.7}, null, null],
  ["ReLU", {"max_value": null, "negative_slope": 1.7, "threshold": 1}, null, null],
  ["ReLU", {"max_value": 6, "negative_slope": 0.5, "threshold": 0}, null, null],
  ["ReLU", {"max_value": 6, "negative_slope": 1, "threshold": 0}, ["x", [-20, -2, -1, 0, 1, 3, 6]], null],
  ["ReLU", {"max_value": null, "negative_slope": 3, "threshold": 2}, ["x", [-66, -12, -9, -6, -3, 3, 7]], null],
  ["LeakyReLU", {"negative_slope": 0}, ["float32", [0, 0, 0, 0, 1, 3, 7]], ["float32", [0, 1, 3, 7, 100]]],
  ["LeakyReLU", {"negative_slope": 0.5}, ["float32", [-10, -1, -0.5, 0, 1, 3, 7]], ["float32", [0, 1, 3, 7, 100]]],
  ["LeakyReLU", {"negative_slope": 2}, ["float32", [-40, -4, -2, 0, 1, 3, 7]], ["float32", [0, 1, 3, 7, 100]]],
];
// prettier-ignore
const TF_KERAS: readonly Row[] = [
  ["ReLU", {"max_value": null, "negative_slope": 0, "threshold": 0}, ["x", [0, 0, 0, 0, 1, 3, 7]], ["x", [0, 1, 3, 7, 100]]],
  ["ReLU", {"max_value": null, "negative_slope": 0.5, "threshold": 0}, ["float32", [-10, -1, -0.5, 0, 1, 3, 7]], ["float32", [0, 1, 3, 7, 100]]],
  ["ReLU", {"max_value": null, "negative_slope": 1, "threshold": 0}, ["float32", [-20, -2, -1, 0, 1, 3, 7]], ["float32", [0, 1, 3, 7, 100]]],
  ["ReLU", {"max_value": 2.5, "negative_slope": 0, "threshold": 0}, ["x", [0, 0, 0, 0, 1, 2, 2]], ["x", [0, 1, 2, 2, 2]]],
  ["ReLU", {"max_value": 2.5, "negative_slope": 0, "threshold": 1.7}, ["x", [0, 0, 0, 0, 0, 2, 2]], ["x", [0, 0, 2, 2, 2]]],
  ["ReLU", {"max_value": 6, "negative_slope": 0, "threshold": 0}, ["x", [0, 0, 0, 0, 1, 3, 6]], ["x", [0, 1, 3, 6, 6]]],
  ["ReLU", {"max_value": null, "negative_slope": 0, "threshold": 0.5}, ["x", [0, 0, 0, 0, 1, 3, 7]], ["x", [0, 1, 3, 7, 100]]],
  ["ReLU", {"max_value": 2, "negative_slope": 1, "threshold": 0}, ["x", [-20, -2, -1, 0, 1, 2, 2]], null],
  ["ReLU", {"max_value": 2.5, "negative_slope": 1, "threshold": 0}, ["x", [-20, -2, -1, 0, 1, 2, 2]], null],
  ["ReLU", {"max_value": 2.5, "negative_slope": 2, "threshold": 1}, ["x", [-42, -6, -4, -2, 0, 2, 2]], null],
  ["ReLU", {"max_value": null, "negative_slope": 0.5, "threshold": 1}, ["x", [0, 0, 0, 0, 0, 3, 7]], null],
  ["ReLU", {"max_value": null, "negative_slope": 1, "threshold": 1.7}, ["x", [-21, -3, -2, -1, 0, 3, 7]], null],
  ["ReLU", {"max_value": null, "negative_slope": 1.7, "threshold": 1}, ["x", [-21, -3, -2, -1, 0, 3, 7]], null],
  ["ReLU", {"max_value": 6, "negative_slope": 0.5, "threshold": 0}, ["x", [0, 0, 0, 0, 1, 3, 6]], null],
  ["ReLU", {"max_value": 6, "negative_slope": 1, "threshold": 0}, ["x", [-20, -2, -1, 0, 1, 3, 6]], null],
  ["ReLU", {"max_value": null, "negative_slope": 3, "threshold": 2}, ["x", [-66, -12, -9, -6, -3, 3, 7]], null],
  ["LeakyReLU", {"alpha": 0}, ["x", [0, 0, 0, 0, 1, 3, 7]], ["x", [0, 1, 3, 7, 100]]],
  ["LeakyReLU", {"alpha": 0.5}, ["float32", [-10, -1, -0.5, 0, 1, 3, 7]], ["float32", [0, 1, 3, 7, 100]]],
  ["LeakyReLU", {"alpha": 2}, ["float32", [-40, -4, -2, 0, 1, 3, 7]], ["float32", [0, 1, 3, 7, 100]]],
];

const layersOf = (class_name: string, options: object, dtype: DType, length: number): object => ({
  class_name: "Sequential",
  config: {
    name: "m",
    layers: [
      {
        class_name: "InputLayer",
        config: { name: "x", batch_shape: [null, length], batch_input_shape: [null, length], dtype },
      },
      { class_name, config: { name: "l", dtype: "float32", ...options } },
    ],
  },
});

describe.each([
  ["keras3", KERAS_3],
  ["tf-keras", TF_KERAS],
] as const)("%s", (semantics, rows) => {
  it.each(rows)("%s %o", async (name, options, signed, unsigned) => {
    for (const [dtypes, values, answer] of [
      [["int8", "int16", "int32", "int64"], SIGNED, signed],
      [["uint8", "uint16", "uint32"], UNSIGNED, unsigned],
    ] as const)
      for (const dtype of dtypes)
        for (const backend of BACKENDS) {
          const run = async (): Promise<Answer> => {
            const model = tableModel(layersOf(name, options, dtype, values.length), semantics, () => undefined);
            const x = withDType(tensor([...values], [1, values.length], "float64"), dtype);
            const [y] = await model.predict(x, { backend });
            return [(y!.dtype as string) === dtype ? "x" : y!.dtype, Array.from(y!.data as ArrayLike<number>, Number)];
          };
          if (answer === null) await expect(run(), `${dtype} ${backend}`).rejects.toThrow(FormatError);
          else expect(await run(), `${dtype} ${backend}`).toEqual(answer);
        }
  });
});

it("Keras 3 makes floats of what a mask keeps of integers", async () => {
  for (const axis of [-1, [1, 2]])
    for (const dtype of ["int8", "int32", "uint8", "int64"] as const) {
      const at = (name: string) => ({ class_name: "__keras_tensor__", config: { shape: [null, 1, 4], dtype: name === "m" ? "bool" : dtype, keras_history: [name, 0, 0] } }); // prettier-ignore
      const input = (name: string) => ({ module: "keras.layers", class_name: "InputLayer", name, config: { name, batch_shape: [null, 1, 4], dtype: name === "m" ? "bool" : dtype }, inbound_nodes: [] }); // prettier-ignore
      const softmax = { module: "keras.layers", class_name: "Softmax", name: "s", config: { name: "s", axis }, inbound_nodes: [{ args: [at("x")], kwargs: { mask: at("m") } }] }; // prettier-ignore
      const model = tableModel({ module: "keras", class_name: "Functional", config: { name: "f", layers: [input("x"), input("m"), softmax], input_layers: [["x", 0, 0], ["m", 0, 0]], output_layers: [["s", 0, 0]] } }, "keras3", () => undefined); // prettier-ignore
      const x = withDType(tensor([1, 2, 3, 4], [1, 1, 4], "float64"), dtype);
      for (const backend of BACKENDS) {
        const [y] = await model.predict([x, tensor([1, 1, 0, 1], [1, 1, 4], "bool")], { backend });
        expect(y!.dtype).toBe("float32");
        [0.04201006516814232, 0.11419519037008286, 0, 0.8437947034835815].forEach((value, i) =>
          expect(Math.abs((y!.data as Float32Array)[i]! - value), `${dtype} ${backend}`).toBeLessThanOrEqual(1e-6),
        );
      }
    }
});

it("a mean of integers is of float32 up to 16 bits, and of float64 beyond", async () => {
  for (const [dtype, wanted] of [
    ["int8", "float32"],
    ["uint16", "float32"],
    ["int16", "float32"],
    ["int32", "float64"],
  ] as const) {
    // prettier-ignore
    const at = (name: string) => [name, 0, 0, {}];
    const input = (name: string) => ({ class_name: "InputLayer", name, config: { name, batch_input_shape: [null, 3], dtype }, inbound_nodes: [] }); // prettier-ignore
    const mean = { class_name: "Average", name: "a", config: { name: "a" }, inbound_nodes: [[at("x"), at("y")]] };
    const model = tableModel({ class_name: "Functional", config: { name: "f", layers: [input("x"), input("y"), mean], input_layers: [["x", 0, 0], ["y", 0, 0]], output_layers: [["a", 0, 0]] } }, "tf-keras", () => undefined); // prettier-ignore
    const [x, y] = [[7, 5, 100], [2, 3, 7]].map((values) => tensor(values, [1, 3], dtype)) as [Tensor, Tensor]; // prettier-ignore
    for (const backend of BACKENDS) {
      const [z] = await model.predict([x, y], { backend });
      expect([z!.dtype, ...(z!.data as Float32Array)]).toEqual([wanted, 4.5, 4, 53.5]);
    }
  }
});
