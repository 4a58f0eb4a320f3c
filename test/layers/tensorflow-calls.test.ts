/**
 * Models that call TensorFlow's functions, as tf-keras 2.21.0 writes them and answers them once it has read them back. A row
 * of `tensorflow-calls.json` is the Python, its inputs, the layers that tf-keras makes of it, its outputs:
 *
 *     m = tf_keras.Model(inputs, eval(row[0])); m = tf_keras.Model.from_config(json.loads(m.to_json())["config"])
 *     config = json.loads(m.to_json())["config"]; answers = tf.function(m)([np.array(…) for each input])
 *
 * There `K` is tf_keras.backend, and `f(function, …)` is TFOpLambda(function)(…), a layer of its own whatever it calls on its way.
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type DType, load, tensor } from "../../src/node.ts";

type Input = readonly [values: readonly (number | string)[], dtype: DType, shape: readonly (number | null)[], run: readonly number[]]; // prettier-ignore
type Layer = readonly [name: string, fn: string, calls: readonly unknown[]];
type Answer = readonly [dtype: string, shape: readonly number[], values: readonly (number | boolean | string)[]];
type Row = readonly [python: string, inputs: readonly string[], layers: readonly Layer[], outputs: readonly unknown[], answers: readonly Answer[]]; // prettier-ignore

const { inputs, calls } = JSON.parse(
  readFileSync(new URL("tensorflow-calls.json", import.meta.url)).toString(),
) as { inputs: Readonly<Record<string, Input>>; calls: readonly Row[] }; // prettier-ignore

const file = (names: readonly string[], layers: readonly Layer[], outputs: readonly unknown[]): Uint8Array => {
  const entry = ([name, fn, inbound_nodes]: Layer): object => ({
    class_name: fn === "__operators__.getitem" ? "SlicingOpLambda" : "TFOpLambda",
    config: { name, trainable: true, dtype: "float32", function: fn },
    name,
    inbound_nodes,
  });
  const input = (name: string): object => {
    const [, dtype, shape] = inputs[name]!;
    return { class_name: "InputLayer", config: { batch_input_shape: shape, dtype, name }, name, inbound_nodes: [] };
  };
  const input_layers = names.map((name) => [name, 0, 0]);
  const config = { name: "m", trainable: true, layers: [...names.map(input), ...layers.map(entry)], input_layers, output_layers: outputs }; // prettier-ignore
  const json = { class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" };
  return new TextEncoder().encode(JSON.stringify(json));
};

it.each(calls)("%s", async (_, names, layers, outputs, answers) => {
  const model = await load(file(names, layers, outputs));
  const x = names.map((name) => {
    const [values, dtype, , shape] = inputs[name]!;
    if (dtype === "string") return { dtype, shape, data: values as string[] };
    return tensor(dtype === "int64" ? values.map(BigInt) : (values as number[]), shape, dtype);
  });
  for (const backend of ["reference", "wasm"] as const) {
    const ys = await model.predict(x.length === 1 ? x[0]! : x, { backend });
    expect(ys.map((y) => [y.dtype, y.shape])).toEqual(answers.map(([dtype, shape]) => [dtype, shape]));
    ys.forEach((y, i) => {
      if (answers[i]![0] === "string") return expect(y.data).toEqual(answers[i]![2]);
      const [got, wanted] = [[...(y.data as Float32Array)].map(Number), answers[i]![2].map(Number)];
      const largest = Math.max(...wanted.filter(Number.isFinite).map(Math.abs), 0);
      got.forEach((n, at) => {
        const to = wanted[at]!;
        if (Number.isFinite(to)) expect(Math.abs(n - to), `${at}`).toBeLessThanOrEqual(1e-6 + 1e-5 * largest);
        else expect(n).toBe(to === Infinity || to === -Infinity ? to : NaN);
      });
    });
  }
});
