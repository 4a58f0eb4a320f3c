/** Lengths that are values of a run are refused, by the function's name and argument, and with the reason. */
import { expect, it } from "vitest";
import { load } from "../../src/index.ts";
import { olderModel } from "../support/older.ts";

const X = ["x", 0, 0];
/** A number of the run: the first element of the whole input. */
const N = ["n", 0, 0];

it.each([
  ["zeros", { dtype: "float32" }, [N, 2], "shape of tf.zeros: the length depends on the values"],
  ["reshape", { shape: [N, -1] }, X, "shape of tf.reshape: the length depends on the values"],
  ["tile", { multiples: [1, N] }, X, "multiples of tf.tile: the length depends on the values"],
  ["slice", { begin: [0, 0], size: [1, N] }, X, "size of tf.slice: the length depends on the values"],
  ["broadcast_to", { shape: [N, 2, 3] }, X, "shape of tf.broadcast_to: the length depends on the values"],
  ["range", {}, N, "start of tf.range: the length depends on the values"],
  ["eye", {}, N, "num_rows of tf.eye: the length depends on the values"],
  ["repeat", { repeats: N, axis: 1 }, X, "repeats of tf.repeat"],
  ["where", {}, X, "how many places there are depends on the values"],
  ["math.segment_sum", { segment_ids: ["i", 0, 0] }, X, "the length depends on the values of segment_ids"],
  ["math.bincount", {}, ["i", 0, 0], "the length depends on the values"],
  ["unique", {}, N, "the length of its output depends on the values"],
])("tf.%s %o", async (fn, kwargs, first, reason) => {
  const call = [...(Array.isArray(first[0]) ? ["_CONSTANT_VALUE", -1, first] : first), kwargs];
  const file = olderModel(
    [
      ["x", "InputLayer", { batch_input_shape: [2, 3] }, []],
      ["i", "InputLayer", { batch_input_shape: [2], dtype: "int32" }, []],
      ["n", "SlicingOpLambda", { function: "__operators__.getitem" }, [["i", 0, 0, { slice_spec: 0 }]]],
      ["y", "TFOpLambda", { function: fn }, [call]],
    ],
    [["y", 0, 0]],
  );
  const model = await load(new TextEncoder().encode(JSON.stringify(file)));
  expect(model.problems.map(({ path, message }) => `${path}: ${message}`).join()).toContain(reason);
  expect(model.problems.map(({ path }) => path)).toContain("y");
});
