/** The models of test/layers/tensorflow-calls.json: calls of TensorFlow's functions, as tf-keras writes them and answers them. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { type DType, type Tensor, tensor } from "../../src/node.ts";

type Input = readonly [values: readonly (number | string)[], dtype: DType, shape: readonly (number | null)[], run: readonly number[]]; // prettier-ignore
type Layer = readonly [name: string, fn: string, calls: readonly unknown[]];
type Answer = readonly [dtype: string, shape: readonly number[], values: readonly (number | boolean | string)[]];
export type Row = readonly [python: string, inputs: readonly string[], layers: readonly Layer[], outputs: readonly unknown[], answers: readonly Answer[]]; // prettier-ignore

const { inputs, calls } = JSON.parse(
  readFileSync(new URL("../layers/tensorflow-calls.json", import.meta.url)).toString(),
) as { inputs: Readonly<Record<string, Input>>; calls: readonly Row[] }; // prettier-ignore

export const file = (names: readonly string[], layers: readonly Layer[], outputs: readonly unknown[]): Uint8Array => {
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

export { calls };

export const inputsOf = (names: readonly string[]) =>
  names.map((name) => {
    const [values, dtype, , shape] = inputs[name]!;
    if (dtype === "string") return { dtype, shape, data: values as string[] };
    return tensor(dtype === "int64" ? values.map(BigInt) : (values as number[]), shape, dtype);
  });

/** As near as float32 is, of the largest number. */
export function expectAnswers(ys: readonly Tensor[], answers: readonly Answer[]): void {
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
