/** A hundred steps of stacked LSTMs on Keras's curve of losses. The numbers: fixtures/make/training_steps.py. */
import { expect, it } from "vitest";
import { sizeOf } from "../../src/core/tensor.ts";
import { load, tensor } from "../../src/node.ts";
import { tableHead } from "../support/tables.ts";

const { architecture, curve } = (tableHead("training/steps.json.gz") as { name: string; architecture: object; curve: readonly number[] }[]).find(({ name }) => name === "curve")!; // prettier-ignore

/** Numbers between -size and size, others for each `of`. */
const sines = (shape: readonly number[], of: number, size: number) =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => size * Math.sin(1 + 0.7 * (of + 1) * (i + 1))),
    [...shape],
  );

it.each(["wasm", "reference"] as const)("a hundred steps of LSTM 64-32-10 stay on it, on %s", async (backend) => {
  const model = await load(new TextEncoder().encode(JSON.stringify(architecture)), { backend });
  await model.setWeights(model.weights.map(({ shape }, i) => sines(shape!, i, shape!.length > 1 ? 0.2 : 0.05)));
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  const batches = [0, 1, 2, 3].map(
    (b) =>
      [
        sines([32, 10, 8], 20 + b, 1),
        Int32Array.from({ length: 32 }, (_, i) => Math.floor((i * (b + 3)) / 4) % 10),
      ] as const,
  );
  // The reference is slow, and the wasm engine's steps are compared with it elsewhere.
  const steps = backend === "wasm" ? curve.length : 8;
  for (let step = 0; step < steps; step++) {
    const { loss } = await model.trainOnBatch(...batches[step % 4]!);
    expect(Math.abs(loss! - curve[step]!), `step ${step}`).toBeLessThan(1e-4);
  }
  model.dispose();
});
