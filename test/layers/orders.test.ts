/**
 * Orders along an axis, of known and unknown lengths: equal numbers keep their order, zeros of both
 * signs are equal, NaN is beyond infinity. Places among boundaries, few and many, of which some are equal.
 */
import { expect, it } from "vitest";
import { tensor } from "../../src/index.ts";
import { load } from "../../src/node.ts";
import { nodeModel } from "../support/node-model.ts";

const BACKENDS = ["reference", "wasm"] as const;

/** Many equal numbers, and what is no usual number. */
const drawn = (n: number, salt: number): number[] =>
  Array.from({ length: n }, (_, i) => {
    const v = ((i + 3) * 7919 + salt * 104729) % 23;
    return v === 0 ? -0 : v === 1 ? NaN : v === 2 ? Infinity : v === 3 ? -Infinity : v === 4 ? 0 : v - 12;
  });

function order(line: readonly number[], descending: boolean): number[] {
  const compare = (a: number, b: number): number =>
    Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a < b ? -1 : Number(a > b);
  return line.map((_, i) => i).sort((a, b) => (descending ? compare(line[b]!, line[a]!) : compare(line[a]!, line[b]!)) || a - b); // prettier-ignore
}

it.each([1, 3, 64, 100, 257])("argsort and top_k of %i elements", async (n) => {
  const argsort = await load(nodeModel({ module: "keras.src.ops.numpy", class: "Argsort", config: { axis: -1 }, inputs: { x: [2, n] } })); // prettier-ignore
  const open = await load(nodeModel({ module: "keras.src.ops.numpy", class: "Argsort", config: { axis: -1 }, inputs: { x: [2, null] } })); // prettier-ignore
  const across = await load(nodeModel({ module: "keras.src.ops.numpy", class: "Argsort", config: { axis: 1 }, inputs: { x: [n, 2] } })); // prettier-ignore
  const top = await load(nodeModel({ module: "keras.src.ops.math", class: "TopK", config: { k: Math.min(n, 50), sorted: true }, inputs: { x: [2, n] }, outputs: 2 })); // prettier-ignore
  const lines = [1, 2, 3, 4].map((salt) => drawn(n, salt));
  const x = tensor(lines.flat(), [2, 2, n]);
  const turned = tensor([0, 1].flatMap((b) => Array.from({ length: n }, (_, i) => [lines[2 * b]![i]!, lines[2 * b + 1]![i]!]).flat()), [2, n, 2]); // prettier-ignore
  for (const backend of BACKENDS) {
    const rising = lines.map((line) => order(line, false));
    for (const model of [argsort, open])
      expect([...((await model.predict(x, { backend }))[0]!.data as Iterable<number>)]).toEqual(rising.flat());
    const [found] = await across.predict(turned, { backend });
    const wanted = [0, 1].flatMap((b) => Array.from({ length: n }, (_, i) => [rising[2 * b]![i]!, rising[2 * b + 1]![i]!]).flat()); // prettier-ignore
    expect([...(found!.data as Iterable<number>)]).toEqual(wanted);
    const [, places] = await top.predict(x, { backend });
    expect([...(places!.data as Iterable<number>)]).toEqual(
      lines.flatMap((line) => order(line, true).slice(0, Math.min(n, 50))),
    );
  }
});

it.each([1, 2, 15, 16, 17, 18, 31, 32, 33, 100])("places among %i boundaries", async (n) => {
  const edges = Array.from({ length: n }, (_, i) => Math.floor(i / 2) - n / 8);
  const values = [...edges.flatMap((v) => [v, v - 0.25, v + 0.25]), -Infinity, Infinity, NaN, -0, 0];
  const bins = await load(nodeModel({ module: "keras.layers", class: "Discretization", config: { bin_boundaries: edges, output_mode: "int" }, inputs: { x: [values.length] } })); // prettier-ignore
  for (const backend of BACKENDS) {
    const [y] = await bins.predict(tensor(values, [1, values.length]), { backend });
    const wanted = values.map((v) => edges.filter((edge) => !(v < edge)).length);
    expect([...(y!.data as Iterable<number>)]).toEqual(wanted);
  }
});
