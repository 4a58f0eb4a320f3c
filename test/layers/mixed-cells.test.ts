/**
 * Stacks of cells whose policies differ, unrolled, alone and as the backward layer of Bidirectional: numbers of Keras 3.15.1
 * (TensorFlow 2.21), whose stack casts all states as each step begins and whose cells cast them again.
 */
import { expect, it } from "vitest";
import { withDType } from "../../src/core/cast.ts";
import { tensor } from "../../src/node.ts";
import { tableModel } from "../support/tables.ts";

type Row = readonly [stack: string, cells: readonly string[], seen: boolean, isBackward: boolean, outputs: number[][]];
const ROWS: readonly Row[] = [
  ["float32", ["mixed_float16", "mixed_bfloat16"], true, false, [[4.3125, 2.84375], [2.56640625, 1.4375], [4.3125, 2.84375]]],
  ["float32", ["mixed_float16", "mixed_bfloat16"], true, true, [[0.9464607834815979, 0.7681585550308228, 4.375, 2.6875], [0.9464607834815979, 0.7681585550308228], [2.70703125, 2.197265625]]],
  ["float32", ["mixed_bfloat16", "float32"], true, false, [[4.322309494018555, 2.841930866241455], [2.5625, 1.4375], [4.322309494018555, 2.841930866241455]]],
  ["float32", ["mixed_bfloat16", "float32"], true, true, [[0.9464607834815979, 0.7681585550308228, 4.377225875854492, 2.709774971008301], [0.9464607834815979, 0.7681585550308228], [2.703125, 2.1875]]],
  ["float64", ["float32", "mixed_float16"], true, false, [[4.32421875, 2.841796875], [2.565626621246338, 1.4380552768707275], [4.32421875, 2.841796875]]],
  ["float64", ["float32", "mixed_float16"], true, true, [[0.9464607834815979, 0.7681585550308228, 4.37890625, 2.70703125], [0.9464607834815979, 0.7681585550308228], [2.706510066986084, 2.196362018585205]]],
  ["mixed_bfloat16", ["float32", "mixed_float16"], false, false, [[4.3203125, 2.84375]]],
  ["mixed_bfloat16", ["float32", "mixed_float16"], false, true, [[0.9464607834815979, 0.7681585550308228, 4.37890625, 2.7109375]]],
  ["mixed_float16", ["float32", "float64"], false, false, [[4.323917388916016, 2.842277765274048]]],
  ["mixed_float16", ["float32", "float64"], false, true, [[0.9464607834815979, 0.7681585550308228, 4.379087448120117, 2.7071022987365723]]],
  ["float32", ["float64", "mixed_bfloat16"], false, false, [[4.3125, 2.84375]]],
  ["float32", ["float64", "mixed_bfloat16"], false, true, [[0.9464607834815979, 0.7681585550308228, 4.375, 2.6875]]],
]; // prettier-ignore
const UNITS: Readonly<Record<string, number>> = { mixed_float16: 2 ** -11, mixed_bfloat16: 2 ** -8 };
const X = tensor([0.3, -0.7, 1.1, 0.2, -0.4, 0.9], [1, 3, 2]);

const cell = (name: string, dtype: string, activation: string): object => ({
  class_name: "SimpleRNNCell",
  config: { name, dtype, units: 2, activation },
});
const loop = (name: string, inner: object, seen: boolean, backwards: boolean): object => ({
  class_name: "RNN",
  config: { name, return_state: seen, go_backwards: backwards, unroll: true, cell: inner },
});

function layerOf([stack, cells, seen, isBackward]: Row): { readonly class_name: string; readonly config: object } {
  const inner = cells.map((dtype, i) => cell(`c${i}`, dtype, "linear"));
  const stacked = { class_name: "StackedRNNCells", config: { name: "s", dtype: stack, cells: inner } };
  const own = loop("b", stacked, seen, isBackward);
  if (!isBackward) return own as ReturnType<typeof layerOf>;
  const front = loop("f", cell("c", "float32", "tanh"), seen, false);
  return { class_name: "Bidirectional", config: { name: "y", layer: front, backward_layer: own } };
}

it.each(ROWS.map((row) => [JSON.stringify(row.slice(0, 4)), row] as const))("%s", async (_, row) => {
  const made = layerOf(row);
  const name = (made.config as { name: string }).name;
  const call = {
    args: [{ class_name: "__keras_tensor__", config: { shape: [null, 3, 2], dtype: "float32", keras_history: ["x", 0, 0] } }],
    kwargs: {},
  }; // prettier-ignore
  const layers = [
    { class_name: "InputLayer", name: "x", config: { name: "x", batch_shape: [null, 3, 2] }, inbound_nodes: [] },
    { ...made, name, inbound_nodes: [call] },
  ];
  const ends = { input_layers: [["x", 0, 0]], output_layers: row[4].map((_y, i) => [name, 0, i]) };
  const config = { class_name: "Functional", config: { name: "m", layers, ...ends } };
  const model = tableModel(config, "keras3", () => undefined);
  for (const backend of ["reference", "wasm"] as const) {
    const found = (await model.predict(X, { backend })).map((y) => [...(withDType(y, "float64").data as Float64Array)]);
    expect(found.map((y) => y.length)).toEqual(row[4].map((y) => y.length));
    // Within a cell this library rounds its sums once: as near as a unit of the largest number.
    const step = Math.max(1e-6, ...row[1].map((dtype) => UNITS[dtype] ?? 0)) * Math.max(...row[4].flat());
    row[4].forEach((y, i) => y.forEach((n, at) => expect(Math.abs(found[i]![at]! - n)).toBeLessThanOrEqual(step)));
  }
});
