/** What a file cannot mean by the arguments of a function of TensorFlow is refused by a typed error, at load, run and translation. */
import { describe, expect, it } from "vitest";
import { FormatError, load, save } from "../../src/node.ts";
import { TENSORFLOW } from "../../src/layers/operations/shared/tensorflow.ts";

/** What fits, by the argument's name; a tensor everywhere else. */
const FITS: Readonly<Record<string, unknown>> = {
  axis: 1, depth: 3, shape: [2, 12], dims: [2, 3], num_or_size_splits: 3, multiples: [1, 2, 1], repeats: 2, shift: 1,
  paddings: [[0, 0], [1, 1], [0, 0]], dtype: "float32", equation: "ab,bc->ac", slice_spec: 0,
}; // prettier-ignore
const WRONG: readonly unknown[] = [
  null, true, -1, 99, 1.5, "x", [], [[]], [1.5], [null], {}, ["x", 0, 0], [["x", 0, 0]],
]; // prettier-ignore

const model = (fn: string, first: unknown, kwargs: Readonly<Record<string, unknown>>): string => {
  const input = {
    class_name: "InputLayer",
    config: { batch_input_shape: [2, 3, 4], dtype: "float32", sparse: false, ragged: false, name: "x" },
    name: "x",
    inbound_nodes: [],
  };
  const config = { name: "f", trainable: true, dtype: "float32", function: fn };
  const call = Array.isArray(first) ? [...first, kwargs] : ["_CONSTANT_VALUE", -1, first, kwargs];
  const layer = { class_name: "TFOpLambda", config, name: "f", inbound_nodes: [call] };
  const layers = [input, { ...layer, inbound_nodes: Array.isArray(first) ? [[call]] : [call] }];
  return JSON.stringify({
    class_name: "Functional",
    config: { name: "m", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: [["f", 0, 0]] },
    keras_version: "2.21.0",
    backend: "tensorflow",
  });
};

/** What a model's error says, or that it runs. */
async function outcome(text: string): Promise<string> {
  try {
    const m = await load(new TextEncoder().encode(text));
    m.summary();
    await m.predict([{ shape: [2, 3, 4], dtype: "float32", data: new Float32Array(24) }], { backend: "reference" });
    await save(m, { format: "keras-v3", dialect: "keras3" });
    return "runs";
  } catch (error) {
    return error instanceof FormatError ? error.problems[0]!.code : `untyped: ${String(error)}`;
  }
}

describe("arguments that are absent or of another kind", () => {
  const seen = new Set<unknown>();
  let running = 0;
  // A third of them for each argument, in turn: over all functions every kind of argument meets each.
  let turn = 0;
  const some = (): readonly unknown[] => {
    turn++;
    return WRONG.filter((_, i) => (i + turn) % 3 === 0);
  };
  for (const [fn, { parameters, run }] of TENSORFLOW) {
    if (seen.has(run)) continue;
    seen.add(run);
    it(fn, async () => {
      const others = parameters.slice(1);
      const tensor = ["x", 0, 0];
      const fits = Object.fromEntries(
        others.flatMap(({ name, fallback }) => (fallback === undefined ? [[name, FITS[name] ?? tensor]] : [])),
      );
      if ((await outcome(model(fn, tensor, fits))) === "runs") running++;
      const bad: string[] = [];
      const attempt = async (start: unknown, kwargs: Readonly<Record<string, unknown>>): Promise<void> => {
        const code = await outcome(model(fn, start, kwargs));
        if (code === "internal/error" || code.startsWith("untyped"))
          bad.push(`${code} ${JSON.stringify([start, kwargs])}`);
      };
      for (const { name } of others) {
        const { [name]: _absent, ...without } = fits;
        await attempt(tensor, without);
        for (const wrong of some()) await attempt(tensor, { ...fits, [name]: wrong });
      }
      for (const wrong of some()) if (!Array.isArray(wrong)) await attempt(wrong, fits);
      expect(bad).toEqual([]);
    });
  }
  it("refused are those alone: most functions run with what fits", () => {
    expect(running).toBeGreaterThan(60);
  });
});

/**
 * As tf-keras 2.21.0 computes once it has read its own file: `tf.nn.embedding_lookup(tf.constant(table), ids)` is written as lists,
 * which TensorFlow takes for a table each. Made by
 *     m = tf_keras.Model(i, tf.compat.v1.nn.embedding_lookup(tf.constant(table), i, partition_strategy=strategy))
 *     tf_keras.models.model_from_json(m.to_json())([[0, 1, 4]])
 */
it("a table of numbers is read as so many tables", async () => {
  const table = Array.from({ length: 6 }, (_, i) => [4 * i, 4 * i + 2]);
  const deep = Array.from({ length: 6 }, (_, i) => [
    [4 * i, 4 * i + 1],
    [4 * i + 2, 4 * i + 3],
  ]);
  for (const [params, strategy, expected] of [
    [table, "div", [0, 2, 8]],
    [table, "mod", [0, 4, 16]],
    [deep, "div", [0, 1, 2, 3, 8, 9]],
    [deep, "mod", [0, 1, 4, 5, 16, 17]],
  ] as const) {
    const ids = { class_name: "InputLayer", config: { batch_input_shape: [null, 3], dtype: "int32", name: "x" }, name: "x", inbound_nodes: [] }; // prettier-ignore
    const fn = "compat.v1.nn.embedding_lookup";
    const call = ["_CONSTANT_VALUE", -1, params, { ids: ["x", 0, 0], partition_strategy: strategy }];
    const layer = { class_name: "TFOpLambda", config: { name: "f", trainable: true, dtype: "float32", function: fn }, name: "f", inbound_nodes: [call] }; // prettier-ignore
    const config = { name: "m", layers: [ids, layer], input_layers: [["x", 0, 0]], output_layers: [["f", 0, 0]] };
    const json = { class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" };
    const m = await load(new TextEncoder().encode(JSON.stringify(json)));
    const x = { shape: [1, 3], dtype: "int32", data: Int32Array.from([0, 1, 4]) } as const;
    for (const backend of ["wasm", "reference"] as const)
      expect(Array.from((await m.predict([x], { backend }))[0]!.data as ArrayLike<number>)).toEqual(expected);
  }
});

it("refuses a pattern that is not computed when the model is made", async () => {
  const made = async (fn: string, kwargs: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const text = model(fn, ["x", 0, 0], kwargs).replace('"dtype":"float32","sparse"', '"dtype":"string","sparse"');
    return (await load(new TextEncoder().encode(text))).problems.filter(({ path }) => path === "f");
  };
  const problem = { code: "unsupported/layer", found: "(a)", message: expect.stringContaining("pattern") };
  for (const [fn, more] of [
    ["strings.regex_replace", { rewrite: "" }],
    ["strings.regex_full_match", {}],
  ] as const) {
    // prettier-ignore
    expect(await made(fn, { pattern: "a", ...more })).toEqual([]);
    expect(await made(fn, { pattern: "(a)", ...more })).toMatchObject([problem]);
  }
});
