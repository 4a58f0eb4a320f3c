/** Which lengths a node hands on; what is told wrongly would let a translation pass for equal. */
import { expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.ts";
import { asLong } from "../../src/graph/origins.ts";
import type { Ops } from "../../src/ops/builder.ts";
import type { Shape, Sym } from "../../src/ops/types.ts";

type Row = readonly [
  name: string,
  shapes: readonly Shape[],
  make: (op: Ops, ...x: [Sym, Sym]) => Sym,
  axis: number,
  /** Operand and its axis. */
  wanted: readonly (readonly [operand: number, axis: number])[],
];

it.each<Row>([
  ["sums of open lengths need both", [[null, 3], [null, 3]], (op, a, b) => op.add(a, b), 0, [[0, 0], [1, 0]]],
  ["a single element is stretched", [[null, 1], [1, null]], (op, a, b) => op.add(a, b), 1, [[1, 1]]],
  ["ranks are counted from the end", [[null], [2, null]], (op, a, b) => op.add(a, b), 1, [[0, 0], [1, 1]]],
  ["products of open batches need both", [[null, 3, 4], [null, 4, 5]], (op, a, b) => op.matmul(a, b), 0, [[0, 0], [1, 0]]],
  ["of a batch of 1 the other's", [[1, 3, 4], [null, 4, 5]], (op, a, b) => op.matmul(a, b), 0, [[1, 0]]],
  ["beside a matrix the left one's", [[null, 3, 4], [4, 5]], (op, a, b) => op.matmul(a, b), 0, [[0, 0]]],
  ["rows that one number looks up", [[3, null], []], (op, a, b) => op.gather(a, op.cast(b, "int32"), 0), 0, []],
  ["columns that are looked up", [[null, 3], [2]], (op, a, b) => op.gather(a, op.cast(b, "int32"), 1), 0, [[0, 0]]],
  ["end to end", [[null, 3], [null, 3]], (op, a, b) => op.concat([a, b], 0), 0, []],
  ["side by side", [[null, 3], [null, 3]], (op, a, b) => op.concat([a, b], 1), 0, [[0, 0]]],
  ["padded", [[null, 3], []], (op, a) => op.pad(a, [[1, 0], [0, 0]]), 0, []],
  ["cut", [[null, 3], []], (op, a) => op.slice(a, [{ axis: 0, start: 1, stop: null, step: 1 }]), 0, []],
  ["cut along another axis", [[null, 3], []], (op, a) => op.slice(a, [{ axis: 1, start: 1, stop: null, step: 1 }]), 0, [[0, 0]]],
  ["turned", [[2, null], []], (op, a) => op.transpose(a, [1, 0]), 0, [[0, 1]]],
  ["with an axis more", [[null, 3], []], (op, a) => op.expandDims(a, [0]), 1, [[0, 0]]],
  ["with an axis less", [[1, null, 3], []], (op, a) => op.squeeze(a, [0]), 0, [[0, 1]]],
  ["with the same elements beside it", [[null, 4], []], (op, a) => op.reshape(a, [2, -1, 2]), 1, [[0, 0]]],
  ["with other elements beside it", [[null, 4], []], (op, a) => op.reshape(a, [-1, 2]), 0, []],
  ["summed", [[null, null], []], (op, a) => op.sum(a, [0]), 0, []],
  ["repeated", [[null, 3], []], (op, a) => op.tile(a, [2, 1]), 0, []],
])("%s", (_, shapes, make, axis, wanted) => {
  const builder = new GraphBuilder();
  const x = shapes.map((shape) => builder.input(shape, "float32")) as [Sym, Sym];
  const y = make(builder.op, ...x);
  const graph = builder.finish([y]);
  const found = asLong(graph.nodes.at(-1)!, { of: y.id, axis }, graph);
  expect(found.map((one) => [x.findIndex(({ id }) => id === one.of), one.axis])).toEqual(wanted);
}); // prettier-ignore
