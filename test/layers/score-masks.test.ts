/**
 * The mask that attention scores carry: a Softmax layer made them of it. Numbers and refusals of keras 3.15.1 and tf-keras
 * 2.21, of `MultiHeadAttention(1, 1)(x, x, use_causal_mask=True, return_attention_scores=True)` with weights of zeros.
 */
import { describe, expect, it } from "vitest";
import { Input, layers, load, Model, type Tensor, tensor } from "../../src/index.ts";
import { olderModel } from "../support/older.ts";

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const zeros = (model: Model): Promise<void> =>
  model.setWeights(
    model.weights.map(({ shape, dtype, path }): Tensor => {
      const size = shape!.reduce((a, b) => a * b, 1);
      return { dtype, shape: shape!, data: new Float32Array(size).fill(path.includes("gamma") ? 1 : 0) } as Tensor;
    }),
  );

/** A model of tf-keras: one layer on the scores. */
const older = (className: string, config: object, calls: readonly unknown[] = [[["a", 0, 1, {}]]], output = 0) => {
  const shape = [null, 2, 1];
  const head = { num_heads: 1, key_dim: 1, query_shape: shape, key_shape: shape, value_shape: shape };
  const call = { value: ["x", 0, 0], use_causal_mask: true, return_attention_scores: true };
  return olderModel(
    [
      ["x", "InputLayer", { batch_input_shape: shape }, []],
      ["a", "MultiHeadAttention", head, [[["x", 0, 0, call]]]],
      ["y", className, config, calls],
    ],
    [["y", 0, output]],
  );
};

type Value = ReturnType<typeof Input>;

/** A model of Keras 3: layers on the scores of two heads. */
function newer(after: (scores: Value) => Value): Model {
  const input = Input({ shape: [2, 1] });
  const attention = layers.multiHeadAttention({ numHeads: 2, keyDim: 1 });
  const given = { value: input, useCausalMask: true, returnAttentionScores: true };
  const [, scores] = attention.apply(input, given);
  return new Model({ inputs: input, outputs: after(scores as Value) });
}

it("Softmax keeps what it keeps, in both generations", async () => {
  const expected = [1, 0, 0.5, 0.5];
  const model = newer((scores) => layers.softmax().apply(scores));
  await zeros(model);
  expect([...((await model.predict([[[1], [1]]]))[0]!.data as Float32Array)]).toEqual([...expected, ...expected]);
  const tf = (await load(bytes(older("Softmax", { axis: -1 })))) as Model;
  await zeros(tf);
  expect([...((await tf.predict([[[1], [1]]]))[0]!.data as Float32Array)]).toEqual(expected);
});

it("GroupNormalization of tf-keras takes its statistics of what it keeps", async () => {
  const model = (await load(bytes(older("GroupNormalization", { groups: 1, axis: -1, epsilon: 0.001 })))) as Model;
  await zeros(model);
  const [y] = await model.predict([[[1], [1]]]);
  const expected = [1.4016549587249756, -2.8033101558685303, -0.7008275985717773, -0.7008275985717773];
  expected.forEach((value, i) => expect(y!.data[i]).toBeCloseTo(value, 5));
});

describe("Keras 3 refuses it", () => {
  it.each([
    ["Minimum", (scores: Value) => layers.minimum().apply([scores, scores])],
    ["Multiply", (scores: Value) => layers.multiply().apply([scores, scores])],
    ["BatchNormalization", (scores: Value) => layers.batchNormalization().apply(scores)],
    ["TimeDistributed", (scores: Value) => layers.timeDistributed({ layer: layers.dense({ units: 2 }) }).apply(scores)],
  ])("in %s", async (_name, after) => {
    await expect(newer(after).predict([[[1], [1]]])).rejects.toThrow("unsupported/mask");
  });

  it("not in Add", async () => {
    const [y] = await newer((scores) => layers.add().apply([scores, scores])).predict([[[1], [1]]]);
    expect(y!.shape).toEqual([1, 2, 2, 2]);
  });
});

// m = Masking(0)(x); MultiHeadAttention(1, 1, kernel_initializer="zeros", dtype=dtype)(m, m, return_attention_scores=True)
it.each([
  ["float32", 1 / 3, 1 / 3],
  ["float64", 1 / 2, 0],
  ["mixed_float16", 1 / 2, 0],
] as const)("in tf-keras a query that is cast to %s has no mask", async (dtype, kept, masked) => {
  const policy = dtype === "mixed_float16" ? { class_name: "Policy", config: { name: dtype } } : dtype;
  const shape = [null, 3, 1];
  const head = { num_heads: 1, key_dim: 1, query_shape: shape, key_shape: shape, value_shape: shape, dtype: policy };
  const call = { value: ["m", 0, 0], return_attention_scores: true };
  const file = olderModel(
    [
      ["x", "InputLayer", { batch_input_shape: shape }, []],
      ["m", "Masking", { mask_value: 0 }, [[["x", 0, 0, {}]]]],
      ["a", "MultiHeadAttention", head, [[["m", 0, 0, call]]]],
    ],
    [["a", 0, 1]],
  );
  const model = (await load(bytes(file))) as Model;
  await model.setWeights(
    model.weights.map(({ shape: of, dtype: own }): Tensor => {
      const size = of!.reduce((a, b) => a * b, 1);
      return { dtype: own, shape: of!, data: own === "float64" ? new Float64Array(size) : new Float32Array(size) } as Tensor;
    }),
  ); // prettier-ignore
  for (const backend of ["reference", "wasm"] as const) {
    const [scores] = await model.predict([[[1], [2], [0]]], { backend });
    const expected = [0.5, 0.5, 0, 0.5, 0.5, 0, kept, kept, masked];
    scores!
      .toArray()
      .flat(3)
      .forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  }
});

/** A model of tf-keras: a layer that takes the scores as query and value, and gives `output`. */
function olderAttention(className: string, config: object, call: object, output: number, places: boolean) {
  const scores = ["a", 0, 1];
  const calls = places ? [[[...scores, { value: scores, ...call }]]] : [[[...scores, call], [...scores, call]]]; // prettier-ignore
  return older(className, config, calls, output);
}

// E.g. `Attention()([scores, scores])` with the layer above: a mask of the scores' axes gives the weights one more.
describe("tf-keras's attention on them", () => {
  const shapes = { query_shape: [null, 1, 2, 2], key_shape: [null, 1, 2, 2], value_shape: [null, 1, 2, 2] };
  const heads = { num_heads: 1, key_dim: 1, attention_axes: [2], ...shapes };
  const asked = { return_attention_scores: true };
  it.each([
    ["Attention", {}, {}, 0, [1, 0, 0, 0, 0.8112297058105469, 0.1887703239917755, 0.75, 0.25]],
    ["Attention", {}, asked, 1, [1, 0, 1, 0, 0.622459352016449, 0.377540647983551, 0.5, 0.5]],
    ["AdditiveAttention", { use_scale: false }, {}, 0, [1, 0, 0, 0, 0.7002673149108887, 0.29973265528678894, 0.7305489778518677, 0.26945096254348755]],
    ["MultiHeadAttention", heads, asked, 1, [1, 0, 0.5, 0.5]],
  ] as const)("%s %o %o", async (className, config, call, output, expected) => {
    const places = className === "MultiHeadAttention";
    const model = (await load(bytes(olderAttention(className, config, call, output, places)))) as Model;
    await zeros(model);
    for (const backend of ["reference", "wasm"] as const) {
      const [y] = await model.predict([[[1], [1]]], { backend });
      expect(y!.data).toHaveLength(expected.length);
      expected.forEach((value, i) => expect(y!.data[i]).toBeCloseTo(value, 6));
    }
  });
}); // prettier-ignore

/**
 * Layers of one head, one feature and no bias, all weights 1, on (x, x, attention_mask=m): the last output. A causal mask
 * beside it, or MultiHeadAttention, keeps every number but 0; GroupedQueryAttention's Softmax those above a half.
 */
describe("Keras 3's masks of numbers", () => {
  const numbers = { float32: [0.3, 0.6, 0.7, 2], int32: [-1, 1, 2, 0] } as const;
  const nothing = [0.2689414322376251, 0.7310585379600525];
  const last = [0.11920291185379028, 0.8807970285415649];
  it.each([
    ["groupQueryAttention", "float32", false, false, [1.7310584783554077, 1.8807969093322754]],
    ["groupQueryAttention", "float32", false, true, [0, 1, ...last]],
    ["groupQueryAttention", "float32", true, true, [1, 0, ...last]],
    ["groupQueryAttention", "int32", false, false, [1.7310584783554077, 1]],
    ["groupQueryAttention", "int32", false, true, [0, 1, 1, 0]],
    ["groupQueryAttention", "int32", true, true, [1, 0, 1, 0]],
    ["multiHeadAttention", "float32", false, false, [1.7310584783554077, 1.8807969093322754]],
    ["multiHeadAttention", "float32", false, true, [...nothing, ...last]],
    ["multiHeadAttention", "float32", true, true, [1, 0, ...last]],
    ["multiHeadAttention", "int32", false, true, [...nothing, 1, 0]],
    ["multiHeadAttention", "int32", true, true, [1, 0, 1, 0]],
  ] as const)("%s %s, causal %s, scores %s", async (fn, dtype, useCausalMask, returnAttentionScores, expected) => {
    const [x, mask] = [Input({ shape: [2, 1] }), Input({ shape: [2, 2], dtype })];
    const attention =
      fn === "multiHeadAttention"
        ? layers.multiHeadAttention({ numHeads: 1, keyDim: 1, useBias: false })
        : layers.groupQueryAttention({ headDim: 1, numQueryHeads: 1, numKeyValueHeads: 1, useBias: false });
    const made = attention.apply(x, { value: x, attentionMask: mask, useCausalMask, returnAttentionScores });
    const model = new Model({ inputs: [x, mask], outputs: made });
    await model.setWeights(model.weights.map(({ shape }) => tensor([1], shape!)));
    for (const backend of ["reference", "wasm"] as const) {
      const ys = await model.predict([tensor([1, 2], [1, 2, 1]), tensor([...numbers[dtype]], [1, 2, 2], dtype)], {
        backend,
      });
      expected.forEach((value, i) => expect(ys.at(-1)!.data[i]).toBeCloseTo(value, 6));
    }
  });
});
