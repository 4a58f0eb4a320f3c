/**
 * GroupNormalization of tf-keras takes mean and variance of what a mask keeps, laid to the last axes of x. Each answer is of
 * `tf_keras.Model(inputs, y).predict` (2.21.0), y as the row says.
 */
import { expect, it } from "vitest";
import { fromFloat16 } from "../../src/core/dtype.ts";
import { load, tensor, type Tensor } from "../../src/node.ts";
import { type OlderLayer, olderModel } from "../support/older.ts";

type Layer = readonly [name: string, className: string, config: object, kwargs: object];

const X = tensor([1, -2, 3, 0.5, 4, 0.25, -1, 2], [2, 4]);
const mask = (...values: number[]): Tensor => tensor(values, [2, 4], "bool");
const SOME = mask(1, 0, 1, 1, 0, 0, 1, 0);

/** A chain after the inputs, the first of them into its first layer. */
function chain(inputs: readonly Tensor[], fixed: boolean, layers: readonly Layer[]): Uint8Array {
  const ends = inputs.map(({ shape, dtype }, i): OlderLayer => {
    const batch_input_shape = [fixed ? shape[0] : null, ...shape.slice(1)];
    return [`x${i}`, "InputLayer", { batch_input_shape, dtype }, []];
  });
  const entries = layers.map(([name, className, config, kwargs], i): OlderLayer => {
    const from = i === 0 ? "x0" : layers[i - 1]![0];
    return [name, className, { trainable: true, dtype: "float32", ...config }, [[[from, 0, 0, kwargs]]]];
  });
  const model = olderModel([...ends, ...entries], [[layers.at(-1)![0], 0, 0]]);
  return new TextEncoder().encode(JSON.stringify(model));
}

const norm = (groups: number): Layer => ["y", "GroupNormalization", { groups, center: false, scale: false }, { mask: ["x1", 0, 0] }]; // prettier-ignore
const masked = (groups: number): readonly Layer[] => [
  ["kept", "Masking", { mask_value: 0 }, {}],
  ["y", "GroupNormalization", { groups, center: false, scale: false }, {}],
];

it.each([
  [
    "GroupNormalization(1)(x, mask=m)",
    chain([X, SOME], false, [norm(1)]),
    [X, SOME],
    [-0.4627117, -3.238982, 1.388135, -0.9254234, 158.1139, 39.52847, 0.0, 94.86832],
  ],
  [
    "GroupNormalization(2)(x, mask=m)",
    chain([X, SOME], false, [norm(2)]),
    [X, SOME],
    [0.0, -94.86832, 0.9996802, -0.9996802, 126.4911, 7.905694, 0.0, 94.86832],
  ],
  [
    "GroupNormalization(-1)(x, mask=m)",
    chain([X, SOME], false, [norm(-1)]),
    [X, SOME],
    [0.0, -63.24555, 0.0, 0.0, 126.4911, 7.905694, 0.0, 63.24555],
  ],
  [
    "a group of which nothing is kept",
    chain([X, SOME], false, [norm(2)]),
    [X, mask(0, 0, 1, 1, 0, 0, 0, 0)],
    [31.62277, -63.24555, 0.9996802, -0.9996802, 126.4911, 7.905694, -31.62277, 63.24555],
  ],
  [
    "a mask that x carries",
    chain([tensor(Array(8).fill(0), [2, 2, 2])], true, masked(1)),
    [tensor([1, 2, 0, 0, 3, -1, 0.5, 4], [2, 2, 2])],
    [1.411042, 3.527606, -0.7055212, -0.7055212, 0.3396047, -2.377233, -1.358419, 1.018814],
  ],
  [
    "of one sample, for every step",
    chain([tensor(Array(4).fill(0), [1, 2, 2])], true, masked(2)),
    [tensor([1, 2, 0, 0], [1, 2, 2])],
    [0.998006, 63.24555, -0.998006, 0.0],
  ],
] as const)("%s", async (_, file, x, wanted) => {
  const model = await load(file);
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict([...x], { backend });
    wanted.forEach((n, i) => expect(Math.abs(Number(y!.data[i]) - n)).toBeLessThanOrEqual(1e-6 + 1e-5 * Math.abs(n)));
  }
});

it("lengths that only the call could match are refused by name", async () => {
  const x = tensor(Array(24).fill(1), [2, 3, 4]);
  const model = await load(chain([x], false, masked(2)));
  expect(model.problems.map(({ message, found }) => `${message} ${found}`)).toEqual([
    expect.stringContaining("unsupported/mask"),
  ]);
});

it("sums of float16 go beyond it", async () => {
  const numbers = Array.from({ length: 70000 }, (_, i) => (i === 1 ? 9 : i % 2 === 0 ? 2 : 4));
  const x = tensor(numbers, [1, 70000], "float16");
  const kept = tensor(Array.from({ length: 70000 }, (_, i) => Number(i < 69000)), [1, 70000], "bool"); // prettier-ignore
  const model = await load(chain([x, kept], false, [["y", "GroupNormalization", { groups: 1, center: false, scale: false, dtype: "float16" }, { mask: ["x1", 0, 0] }]])); // prettier-ignore
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict([x, kept], { backend });
    const found = [0, 1, 3, 69999].map((i) => fromFloat16(Number(y!.data[i])));
    // Two digits of float16, in another order of rounding.
    [-0.998046875, 5.99609375, 1, 1].forEach((n, i) => expect(Math.abs(found[i]! - n)).toBeLessThan(Math.abs(n) / 500));
  }
});
