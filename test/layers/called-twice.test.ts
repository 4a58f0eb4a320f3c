/**
 * Layers that are called a second time, on a tensor of another shape: which of those calls each Keras runs, and what comes of it where
 * the generations differ. Keras 3.15.1 and tf-keras 2.21 made the same models.
 */
import { describe, expect, it } from "vitest";
import { convert, load, type Model, type Tensor, tensor } from "../../src/index.ts";
import { olderModel } from "../support/older.ts";

type Shape = readonly number[];
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** A layer called on a, then on b, as tf-keras writes it. */
function older(className: string, config: object, a: Shape, b: Shape): Uint8Array {
  const input = (name: string, shape: Shape) => [name, "InputLayer", { batch_input_shape: [null, ...shape], dtype: "float32" }, []] as const; // prettier-ignore
  const calls = [[["a", 0, 0, {}]], [["b", 0, 0, {}]]];
  return bytes(olderModel([input("a", a), input("b", b), ["l", className, { dtype: "float32", trainable: true, ...config }, calls]], [["l", 0, 0], ["l", 1, 0]])); // prettier-ignore
}

/** The same as Keras 3 writes it. */
function modern(class_name: string, config: object, a: Shape, b: Shape): Uint8Array {
  const entry = (name: string, className: string, options: object, inbound_nodes: unknown[]) => ({ module: "keras.layers", class_name: className, config: { name, ...options }, registered_name: null, name, inbound_nodes }); // prettier-ignore
  const input = (name: string, shape: Shape) => entry(name, "InputLayer", { batch_shape: [null, ...shape], dtype: "float32" }, []); // prettier-ignore
  const call = (name: string, shape: Shape) => ({ args: [{ class_name: "__keras_tensor__", config: { shape: [null, ...shape], dtype: "float32", keras_history: [name, 0, 0] } }], kwargs: {} }); // prettier-ignore
  const layer = entry("l", class_name, { trainable: true, dtype: "float32", ...config }, [call("a", a), call("b", b)]);
  const ends = { input_layers: [["a", 0, 0], ["b", 0, 0]], output_layers: [["l", 0, 0], ["l", 1, 0]] }; // prettier-ignore
  return bytes({ module: "keras.src.models.functional", class_name: "Functional", registered_name: "Functional", config: { name: "m", layers: [input("a", a), input("b", b), layer], ...ends } }); // prettier-ignore
}

const counted = (shape: Shape): Tensor => {
  const size = shape.reduce((product, n) => product * n, 2);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => i ** 2 % 7),
    [2, ...shape],
  );
};

const within = (class_name: string, options: object = {}) => ({
  layer: { module: "keras.layers", registered_name: null, class_name, config: { name: "inside", ...options } },
});
const dense = { units: 2 };
const einsum = (equation: string, ...output_shape: (number | null)[]) => ({ equation, output_shape });

/** Gives every weight the numbers 1, 2, 3 … */
async function ramp(model: Model): Promise<void> {
  const numbers = ({ shape }: { shape: readonly number[] | null }): Tensor => {
    const size = shape!.reduce((product, n) => product * n, 1);
    return tensor(
      Float32Array.from({ length: size }, (_, i) => i + 1),
      shape!,
    );
  };
  await model.setWeights(model.weights.map(numbers));
}

type Case = readonly [
  className: string,
  config: object,
  a: Shape,
  b: Shape,
  keras3: Shape | null,
  tfKeras: Shape | null,
];
/** The second call's shape, null where Keras does not run it. */
const CASES: readonly Case[] = [
  ["Dense", dense, [3], [2, 3], [2, 2], [2, 2]],
  ["Flatten", {}, [3], [2, 3], [6], [6]],
  ["Softmax", {}, [3], [2, 3], [2, 3], [2, 3]],
  ["UnitNormalization", {}, [3], [2, 3], [2, 3], [2, 3]],
  ["Reshape", { target_shape: [2, -1] }, [4, 3], [4], [2, 2], [2, 2]],
  ["LayerNormalization", {}, [3], [2, 3], [2, 3], null],
  ["LayerNormalization", {}, [2, 3], [3], [3], null],
  ["LayerNormalization", { axis: 1, epsilon: 1e-6 }, [3], [3, 4], [3, 4], [3, 4]],
  ["BatchNormalization", {}, [3], [2, 3], null, null],
  ["GroupNormalization", { groups: 3 }, [3], [2, 3], null, null],
  ["PReLU", {}, [3], [2, 3], null, null],
  ["Permute", { dims: [1] }, [3], [2, 3], null, null],
  ["RepeatVector", { n: 2 }, [3], [2, 3], null, null],
  ["EinsumDense", einsum("...x,xy->...y", 3), [3], [2, 3], null, [2, 3]],
  ["EinsumDense", einsum("abx,xy->aby", 4, 3), [4, 3], [5, 3], null, [5, 3]],
  ["EinsumDense", einsum("abx,xy->aby", null, 3), [4, 3], [5, 3], [5, 3], [5, 3]],
  ["Conv1D", { filters: 2, kernel_size: 1 }, [4, 3], [4, 2, 3], null, [4, 2, 2]],
  ["DepthwiseConv1D", { kernel_size: 1 }, [4, 3], [4, 2, 3], null, null],
  ["LSTM", dense, [4, 3], [5, 3], [2], [2]],
  ["Bidirectional", within("LSTM", dense), [4, 3], [5, 3], [4], [4]],
  ["ConvLSTM1D", { filters: 2, kernel_size: 1 }, [4, 2, 3], [5, 2, 3], [2, 2], [2, 2]],
  ["ConvLSTM1D", { filters: 2, kernel_size: 1 }, [4, 2, 3], [5, 3, 3], null, null],
  ["TimeDistributed", within("Dense", dense), [4, 3], [5, 3], [5, 2], [5, 2]],
  ["TimeDistributed", within("Dense", dense), [4, 3], [4, 2, 3], [4, 2, 2], null],
  ["TimeDistributed", within("ReLU"), [4, 3], [5, 3], [5, 3], [5, 3]],
  ["TimeDistributed", within("ReLU"), [4, 3], [4, 5], [4, 5], null],
  ["TimeDistributed", within("ReLU"), [4, 3], [4, 2, 3], [4, 2, 3], null],
  ["TimeDistributed", within("Flatten"), [4, 2, 3], [5, 3], [5, 3], null],
];

/** The second call's shape, or null. */
async function ran(file: Uint8Array, a: Shape, b: Shape): Promise<readonly number[] | null> {
  try {
    const model = await load(file);
    await ramp(model);
    const [, y] = await model.predict([counted(a), counted(b)]);
    return y!.shape.slice(1);
  } catch (error) {
    expect(String(error)).toMatch(/\[(unsupported|mismatch)\//);
    return null;
  }
}

describe.each(CASES)("%s %j on %j, then on %j", (className, config, a, b, keras3, tfKeras) => {
  it("in Keras 3, and for Keras 2", async () => {
    expect(await ran(modern(className, config, a, b), a, b)).toEqual(keras3);
    if (keras3 === null) return;
    const written = convert(modern(className, config, a, b), "m.json", { dialect: "keras2" });
    if (tfKeras === null) await expect(written).rejects.toThrow(/unsupported\/(translation|layer)/);
    else await written;
  });

  it("in tf-keras, and for Keras 3", async () => {
    expect(await ran(older(className, config, a, b), a, b)).toEqual(tfKeras);
    if (tfKeras === null) return;
    const written = convert(older(className, config, a, b), "m.json", { dialect: "keras3" });
    if (keras3 === null) await expect(written).rejects.toThrow(/unsupported\/(translation|layer)/);
    else await written.catch((error: unknown) => expect(String(error)).toMatch(/unsupported\/(translation|layer)/));
  });
});

// tf-keras's files tell of a TimeDistributed inside of another what the layer inside of both was built on.
it.each([[[5, 4, 3], [5, 4, 2]], [[2, 4, 3], [2, 4, 2]], [[5, 6, 3], null]] as const)(
  "TimeDistributed of TimeDistributed in tf-keras on [2,4,3], then on %j", async (b, wanted) => {
    const { layer } = within("TimeDistributed", within("Dense", dense));
    const inner = { ...layer, build_config: { input_shape: [null, 3] } };
    expect(await ran(older("TimeDistributed", { layer: inner }, [2, 4, 3], b), [2, 4, 3], b)).toEqual(wanted);
  },
); // prettier-ignore

// tf_keras.layers.LayerNormalization with gamma = beta = 1, 2, 3 …, of x = i² mod 7.
it.each([
  [-1, 1e-3, [3], [3, 3], [-0.17822, 0.52871, 2.6495, 2.47129, 2.47129, 5.29901]],
  [-1, 1e-6, [3], [3, 3], [-0.22474, 1, 1.70711, 4.44949, 4.44949, 3.41421]],
  [-1, 1e-3, [3], [3, 4], [-0.38659, 0.33685, 2.50716, 1.06029, 2.12057, 5.01432]],
  [1, 1e-3, [3, 4], [3], [0.01959, 1.21567, 7.11773, 0.29329, 0.58658, 7.24026]],
  [1, 1e-3, [3, 4], [3, 2, 2], [-0.22383, -0.41386, 2.33588, 1.70671, 4.44765, 3.41386]],
  [[1, 2], 1e-6, [2, 3], [2, 3, 2], [-0.33631, 0.20228, 5.74166, 1.77208, 3.80178, 6.7607]],
] as const)(
  "LayerNormalization of axis %j, epsilon %d, of tf-keras on %j, then on %j",
  async (axis, epsilon, a, b, y) => {
    const model = await load(older("LayerNormalization", { axis, epsilon }, a, b));
    await ramp(model);
    const [, second] = await model.predict([counted(a), counted(b)]);
    y.forEach((value, i) => expect(Number(second!.data[i])).toBeCloseTo(value, 4));
  },
);
