/** Updates at places, few and many: of one place the last, the largest, the smallest, the product; and rows of segments. */
import { expect, it } from "vitest";
import { tensor } from "../../src/index.ts";
import { load } from "../../src/node.ts";
import { nodeModel } from "../support/node-model.ts";

const FOLDS: Readonly<Record<string, (a: number, b: number) => number>> = {
  last: (_a, b) => b,
  max: Math.max,
  min: Math.min,
  mul: (a, b) => a * b,
  add: (a, b) => a + b,
};

/** Numbers whose products and sums float32 holds. */
const drawn = (n: number, salt: number): number[] =>
  Array.from({ length: n }, (_, i) => [1, 2, -1, 0.5, -2, 1][((i + 1) * 31 + salt) % 6]!);
const placesOf = (k: number, n: number): number[] => Array.from({ length: k }, (_, i) => ((i * 7919 + 5) % n) >> 1);

const folded = (x: readonly number[], places: readonly number[], updates: readonly number[], m: number, fold: (a: number, b: number) => number): number[] => {
  const y = [...x];
  places.forEach((place, k) => {
    for (let j = 0; j < m; j++) y[place * m + j] = fold(y[place * m + j]!, updates[k * m + j]!);
  });
  return y;
}; // prettier-ignore

it.each([
  [5, 7],
  [127, 129],
  [128, 128],
  [300, 200],
  [60, 1000],
  [20_000, 1],
])("a table of %i rows, %i updates", async (n, k) => {
  const m = 3;
  const places = placesOf(k, n);
  const [x, updates] = [drawn(n * m, 1), drawn(k * m, 2)];
  for (const [name, fold] of Object.entries(FOLDS)) {
    const reduction = name === "last" ? null : name;
    const model = await load(nodeModel({ module: "keras.src.ops.core", class: "ScatterUpdate", config: { reduction }, inputs: { x: [m], at: [1], updates: [m] }, dtypes: { at: "int32" }, batches: { x: n, at: k, updates: k } })); // prettier-ignore
    for (const backend of ["reference", "wasm"] as const) {
      const [y] = await model.predict([tensor(x, [n, m]), tensor(places, [k, 1], "int32"), tensor(updates, [k, m])], { backend }); // prettier-ignore
      expect([...(y!.data as Float32Array)], `${name} ${backend}`).toEqual(folded(x, places, updates, m, fold));
    }
  }
});

it.each([
  [3, 5, 4],
  [16, 1024, 16],
  [17, 1024, 17],
  [200, 3000, 200],
  [200, 3000, null],
])("%i indices of %i, axis of %s", async (k, depth, length) => {
  const lines = [1, 2, 3].map((salt) =>
    Array.from({ length: k }, (_, i) => ((i * 31 + salt) * 17) % Math.min(depth, 40)),
  );
  const count = (line: readonly number[]): number[] =>
    Array.from({ length: depth }, (_, place) => line.filter((index) => index === place).length);
  const x = tensor(lines.flat(), [3, k], "int32");
  const input = { inputs: { x: [length === null ? null : k] }, dtypes: { x: "int32" } };
  const layer = (output_mode: string) => nodeModel({ module: "keras.layers", class: "CategoryEncoding", config: { num_tokens: depth, output_mode }, ...input }); // prettier-ignore
  const counts = await load(layer("count"));
  const several = await load(layer("multi_hot"));
  const bins = await load(nodeModel({ module: "keras.src.ops.numpy", class: "Bincount", config: { minlength: depth, weights: null, sparse: false }, ...input })); // prettier-ignore
  for (const backend of ["reference", "wasm"] as const) {
    const numbers = async (model: typeof counts): Promise<number[]> => [...((await model.predict(x, { backend }))[0]!.data as Iterable<number>)]; // prettier-ignore
    expect(await numbers(counts)).toEqual(lines.flatMap(count));
    expect(await numbers(several)).toEqual(lines.flatMap((line) => count(line).map((n) => Math.min(n, 1))));
    expect(await numbers(bins)).toEqual(lines.flatMap(count));
  }
});
