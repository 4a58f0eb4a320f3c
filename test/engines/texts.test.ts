/** What is done with texts behind a layer that holds a state: of each run's state, which that run alone steps. */
import { expect, it } from "vitest";
import { Input, layers, Model, type NumericArray, tensor } from "../../src/node.ts";

const STEPS = Array.from({ length: 3 }, (_, run) =>
  tensor(
    Float32Array.from({ length: 24 }, (_, i) => Math.sin(1 + i * (run + 2))),
    [2, 3, 4],
  ),
);
const BINS = [-0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2];

it("hashes what a stateful layer gives, run after run", async () => {
  const input = Input({ batchShape: [2, 3, 4] });
  const state = layers.lstm({ units: 5, stateful: true, seed: 3 }).apply(input);
  const bins = layers.discretization({ binBoundaries: BINS }).apply(state);
  const hashed = layers.hashing({ numBins: 7 }).apply(bins);
  const whole = new Model({ inputs: input, outputs: [hashed, bins] });
  const alone = Input({ shape: [5], dtype: "int32" });
  const hashes = new Model({ inputs: alone, outputs: layers.hashing({ numBins: 7 }).apply(alone) });
  const runs: (readonly unknown[])[] = [];
  for (const x of [...STEPS, "reset", ...STEPS] as const) {
    if (x === "reset") {
      whole.resetStates();
      continue;
    }
    const [found, given] = await whole.predict(x);
    const [wanted] = await hashes.predict(tensor(Int32Array.from(given!.data as NumericArray, Number), given!.shape));
    expect(found!.data).toEqual(wanted!.data);
    runs.push(Array.from(given!.data as NumericArray, Number));
  }
  expect(runs[1]).not.toEqual(runs[0]);
  expect(runs.slice(3)).toEqual(runs.slice(0, 3));
});
