/** Metrics that count by columns take their number from the labels where the model leaves its last axis free. */
import { expect, it } from "vitest";
import { Input, layers, metrics, Model, tensor } from "../../src/node.ts";

it.each(["f1Score", "fBetaScore", "r2Score"] as const)("%s", async (name) => {
  const made = () => (name === "fBetaScore" ? metrics.fBetaScore({ beta: 2 }) : metrics[name]());
  const told = await Promise.all(
    [null, 3].map(async (columns) => {
      const x = Input({ shape: [columns] });
      const model = new Model({ inputs: x, outputs: layers.activation({ activation: "sigmoid" }).apply(x) });
      model.compile({ optimizer: "sgd", loss: "mse", metrics: [made()] });
      const rows = tensor([[1, -2, 0.5], [-1, 3, 0.25]]); // prettier-ignore
      return model.testOnBatch(rows, tensor([[1, 0, 0], [0, 1, 0]])); // prettier-ignore
    }),
  );
  expect(told[0]).toEqual(told[1]);
  expect(Object.keys(told[0]!)).toHaveLength(2);
});
