/**
 * Models that call TensorFlow's functions, as tf-keras 2.21.0 writes them and answers them once it has read them back. A row
 * of `tensorflow-calls.json` is the Python, its inputs, the layers that tf-keras makes of it, its outputs:
 *
 *     m = tf_keras.Model(inputs, eval(row[0])); m = tf_keras.Model.from_config(json.loads(m.to_json())["config"])
 *     config = json.loads(m.to_json())["config"]; answers = tf.function(m)([np.array(…) for each input])
 *
 * There `K` is tf_keras.backend, and `f(function, …)` is TFOpLambda(function)(…), a layer of its own whatever it calls on its way.
 */
import { expect, it } from "vitest";
import { load, save, tensor } from "../../src/node.ts";
import { calls, expectAnswers, file, inputsOf } from "../support/tensorflow-calls.ts";

it.each(calls)("%s", async (_, names, layers, outputs, answers) => {
  const model = await load(file(names, layers, outputs));
  const x = inputsOf(names);
  for (const backend of ["reference", "wasm"] as const)
    expectAnswers(await model.predict(x.length === 1 ? x[0]! : x, { backend }), answers);
});

/**
 * What no file of Keras 3 says: texts; whole numbers and lengths that a run alone tells; loops; sums that run on; what goes
 * back to logits; a constant beside values.
 */
const REFUSED =
  /\bw\b|\bq\b|\bz\b|as_string|^[xt]\[:.*tf\.shape\(t\)|tf\.maximum\(tf\.shape|dynamic_shape, tf.shape\(x\)|tf\.shape\(t\)\[1\] \+ 1|switch|ctc_loss|beam_width|lu\b|lu_|tridiagonal_solve|cumulative|sufficient|weighted_moments, e, \[1\]|batch_gather|segment_(sum|mean)|max_pool_with|atrous|multiscale|suppression|sparse_categorical_cross|top_k_cat|(sigmoid|softmax)\(x \* 20\)|stft|complex|(repeat|roll|split)\(O, \[?tf\.shape|\/\/ 2\):\]|shape\(O\)\[1\] (% 3|- [34]|\/\/ 2 - 1|- 1\] |\/\/ 2 \+|\+ 1)|tf\.shape\(M\)|\(M, |0\.5, 1\.25, tf\.shape|strided_slice\(O|tf\.pad\([tO], |batch_dims|diag_part|k=-1|set_diag|central/;

/** Real Keras 3.15.1 opens the same files, and predicts these answers. */
it("the same models written for Keras 3", async () => {
  for (const [python, names, layers, outputs, answers] of calls) {
    const model = await load(file(names, layers, outputs));
    const files = await save(model, { format: "keras-v3", dialect: "keras3" }).catch((error: Error) => error);
    expect(files instanceof Error, python).toBe(REFUSED.test(python));
    if (files instanceof Error) expect(files.message).toContain("unsupported/");
    else {
      const again = await load(files);
      expect(again.layers.map((layer) => layer.class)).not.toContain("TFOpLambda");
      expectAnswers(await again.predict(inputsOf(names)), answers);
    }
  }
});

/** What makes complex numbers of x[B, 4], and `then` of those. */
const complexly = (then: object, outputs: readonly unknown[]): Uint8Array => {
  const function_ = (name: string, fn: string, inbound_nodes: unknown): object => ({ class_name: "TFOpLambda", config: { name, trainable: true, dtype: "float32", function: fn }, name, inbound_nodes }); // prettier-ignore
  const input = { class_name: "InputLayer", config: { batch_input_shape: [null, 4], dtype: "float32", name: "x" }, name: "x", inbound_nodes: [] }; // prettier-ignore
  const layers = [input, function_("c", "cast", [["x", 0, 0, { dtype: "complex64" }]]), { name: "y", ...then }];
  const config = { name: "m", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: outputs };
  const json = { class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" };
  return new TextEncoder().encode(JSON.stringify(json));
};
const calling = (fn: string, kwargs: object): object => ({
  class_name: "TFOpLambda",
  config: { name: "y", trainable: true, dtype: "float32", function: fn },
  inbound_nodes: [["c", 0, 0, kwargs]],
});
it.each([
  ["a layer", { class_name: "Dense", config: { name: "y", units: 2 }, inbound_nodes: [[["c", 0, 0, {}]]] }, "y"],
  [
    "a layer that changes nothing",
    { class_name: "Dropout", config: { name: "y", rate: 0.5 }, inbound_nodes: [[["c", 0, 0, {}]]] },
    "y",
  ],
  ["another function", calling("math.exp", {}), "y"],
  ["a sum with a number", calling("__operators__.add", { y: 2 }), "y"],
  ["a transpose of conjugates", calling("transpose", { perm: [1, 0], conjugate: true }), "y"],
  ["an output", calling("math.abs", {}), "c"],
] as const)("complex numbers are refused in %s", async (_, then, output) => {
  const opened = async (): Promise<unknown> => (await load(complexly(then, [[output, 0, 0]]))).predict(tensor([1, 2, 3, 4], [1, 4])); // prettier-ignore
  await expect(opened()).rejects.toThrow("complex numbers");
});
it("what has no imaginary part is asked for it", async () => {
  const then = { ...calling("signal.fft", {}), inbound_nodes: [["x", 0, 0, {}]] };
  const model = await load(complexly(then, [["y", 0, 0]]));
  expect(model.problems).toMatchObject([{ code: "unsupported/layer", expected: "complex numbers" }]);
});

/** A model of one function of x. */
const alone = (fn: string, kwargs: object, shape: readonly (number | null)[], dtype = "float32"): Uint8Array => {
  const input = { class_name: "InputLayer", config: { batch_input_shape: shape, dtype, name: "x" }, name: "x", inbound_nodes: [] }; // prettier-ignore
  const layers = [input, { ...calling(fn, {}), name: "y", inbound_nodes: [["x", 0, 0, kwargs]] }];
  const config = { name: "m", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: [["y", 0, 0]] };
  return new TextEncoder().encode(JSON.stringify({ class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" })); // prettier-ignore
};

/** As TensorFlow 2.21.0 answers. */
it.each([
  [
    "float32",
    [1e-40, -1e-40, 1e-45, 0, 1e-37],
    [103.97207641601562, 103.97207641601562, 103.97207641601562, Infinity, 85.19564819335938],
  ],
  [
    "float64",
    [1e-40, 5e-324, -5e-324, 1e-310, 2.2e-308, 0],
    [92.10340371976183, 745.1332191019412, 745.1332191019412, 745.1332191019412, 745.1332191019412, Infinity],
  ],
] as const)("the logarithm of the gamma function of numbers too small to be normal: %s", async (dtype, x, wanted) => {
  const model = await load(alone("math.lgamma", {}, [null], dtype));
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict(tensor(x as unknown as number[], [x.length], dtype), { backend });
    Array.from<unknown, number>(y!.data, Number).forEach((n, i) => (Number.isFinite(n) ? expect(Math.abs(n - wanted[i]!)).toBeLessThan(1e-5) : expect(n).toBe(wanted[i]))); // prettier-ignore
  }
});

/** TensorFlow's "Computed output size would be negative"; a window of one element too many gives nothing. */
const LONG = { filters: [0, 1, 2, 3, 4].map((n) => [[n]]), strides: [1, 1, 1, 1], padding: "VALID", data_format: "NHWC", dilations: [1, 1, 1, 1] }; // prettier-ignore
it.each([
  ["nn.dilation2d", LONG, 4],
  ["nn.erosion2d", LONG, 4],
  ["extract_volume_patches", { ksizes: [1, 5, 1, 1, 1], strides: [1, 1, 1, 1, 1], padding: "VALID" }, 5],
] as const)("%s: windows longer than an axis that a run alone knows", async (fn, kwargs, rank) => {
  const model = await load(alone(fn, kwargs, [...Array.from({ length: rank - 1 }, () => null), 1]));
  for (const backend of ["reference", "wasm"] as const) {
    const of = (n: number) => model.predict(tensor(Array.from({ length: 2 * n }, () => 1), [1, n, 2, 1, 1].slice(0, rank)), { backend }); // prettier-ignore
    for (const n of [1, 2, 3]) await expect(of(n)).rejects.toThrow(`expected a length of at least 4, found ${n}`);
    expect((await of(4))[0]!.shape[1]).toBe(0);
    expect((await of(5))[0]!.shape[1]).toBe(1);
  }
});
