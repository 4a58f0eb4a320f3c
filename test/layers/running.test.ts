/** Running functions of TensorFlow: gradients of equal numbers, and axes without elements. Numbers: TensorFlow 2.21, `GradientTape`. */
import { expect, it } from "vitest";
import { tensor } from "../../src/index.ts";
import { load } from "../../src/node.ts";
import { olderModel } from "../support/older.ts";

const modelOf = (fn: string, shape: readonly (number | null)[], options: object) =>
  load(
    new TextEncoder().encode(
      JSON.stringify(
        olderModel(
          [
            ["x", "InputLayer", { batch_input_shape: [null, ...shape], dtype: "float32" }, []],
            ["l", "TFOpLambda", { function: fn }, [["x", 0, 0, options]]],
          ],
          [["l", 0, 0]],
        ),
      ),
    ),
  );

it.each([
  [
    [0, 0, 1],
    [2.635824680328369, 1.6358245611190796, 1.7283506393432617],
  ],
  [
    [0, 0, 0],
    [3, 2, 1],
  ],
])("the gradient of cumulative_logsumexp of %j", async (numbers, wanted) => {
  const model = await modelOf("math.cumulative_logsumexp", [3], { axis: 1 });
  const weights = tensor([1, 2, 3], [1, 3]);
  const { inputs } = await model.gradients(tensor(numbers, [1, 3]), (op, [y], [w]) => op.sum(op.multiply(y!, w!)), [
    weights,
  ]);
  wanted.forEach((v, i) => {
    expect(Number(inputs[0]!.data[i])).toBeCloseTo(v, 5);
  });
});

it.each(["math.cumulative_logsumexp", "math.cumprod"])("%s of no elements", async (fn) => {
  const model = await modelOf(fn, [null], { axis: 1, exclusive: true });
  const [y] = await model.predict(tensor([], [2, 0]));
  expect(y!.shape).toEqual([2, 0]);
});
