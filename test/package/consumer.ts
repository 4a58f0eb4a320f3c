/** What a user's program may say; compiled against the declarations that ship, with no library but the language's own. */
import {
  type FormatError,
  layers,
  load,
  type Model,
  oneHot,
  padSequences,
  Sequential,
  type Tensor,
  tensor,
  type TensorLike,
  toCategorical,
  topK,
  verify,
} from "keraport";

export async function run(bytes: Uint8Array): Promise<number> {
  const model = await load(bytes);
  const outputs = await model.predict(new Float32Array(3));
  return outputs[0]!.data.length;
}

export const made = new Sequential({ layers: [layers.lstm({ units: 4, inputShape: [null, 2] })] });
export const x = tensor([1, 2, 3]);
export const check = verify;
export type Thrown = FormatError["problems"];

/** What `predict` gives is numbers, whatever the compiler's options. */
export async function read(model: Model): Promise<number> {
  const [y] = await model.predict([[1, 2, 3]]);
  const values: Float32Array = y.data;
  const rows: number[][] = y.toArray();
  const cube = y.toArray<number[][][]>();
  const best = topK(y, 1).flat()[0]?.index ?? 0;
  const [exact] = await model.predict(y, { precision: "float64" });
  const doubles: Float64Array = exact.data;
  const [scores, ids] = await model.predict<["float32", "int64"]>(y);
  const big: bigint = ids.at(0, 0);
  const { risk } = (await model.predict<{ risk: "float32" }>({ age: y })).named;
  const other = (await model.predict(y)).named["group"]?.data[0] ?? 0;
  const sum = values.length + doubles.length + rows.length + cube.length + Number(big) + best + other;
  return Math.max(...y.data, ...scores.data, ...risk.data) + y.at(0, -1) + sum;
}

/** A tensor's dtype tells the compiler what its data is. */
export function first(t: Tensor): number | bigint | boolean | string {
  if (t.dtype === "float32") return Math.max(...(t.data satisfies Float32Array));
  if (t.dtype === "int64") return (t.data satisfies BigInt64Array)[0] ?? 0n;
  if (t.dtype === "string") return (t.data satisfies string[])[0] ?? "";
  return t.at(0);
}

export const typed: readonly [
  Tensor<"float32">,
  Tensor<"int32">,
  Tensor<"int64">,
  Tensor<"uint8">,
  Tensor<"bool">,
  Tensor<"string">,
  Tensor<"float16">,
] = [
  tensor([[1, 2]]),
  tensor(Int32Array.of(1)),
  tensor([1n]),
  tensor(new Uint8ClampedArray(4), [1, 4]),
  tensor([true]),
  tensor(["a"]),
  tensor([1], [1], "float16"),
];
export const numbers: Float32Array | Int32Array | Float64Array = [
  oneHot([1], 3),
  padSequences([[1], [2, 3]]),
  toCategorical([0, 1]),
][0]!.data;
/** Options are plain JSON, and models are lists of layers, as in Keras. */
export const plainOptions = new Sequential([
  layers.rescaling({ scale: 1 / 255, inputShape: [4] }),
  layers.dense({ units: 2, kernelInitializer: { class_name: "Constant", config: { value: 0.5 } } }),
  made,
]);
export const wrapped = layers.bidirectional({ layer: layers.gru({ units: 2, activation: "hardSigmoid" }) });
// @ts-expect-error no activation of Keras
layers.dense({ units: 2, activation: "rellu" });
// @ts-expect-error internals are no part of what is public
export const internal: unknown = made.data;
/** Plain objects are tensors too, for whoever takes them. */
export const plain: TensorLike = { dtype: "float32", shape: [1], data: new Float32Array(1) };
// @ts-expect-error a float32 tensor's data is no Int32Array
export const wrong: Int32Array = tensor([1]).data;
