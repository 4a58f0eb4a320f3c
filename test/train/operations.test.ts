/**
 * Gradients of Keras's operations are TensorFlow's, at zeros, equal numbers and corners too: which there are, and their numbers.
 * A weight without a gradient is left alone by optimizers, one with zeros is not. The table: fixtures/make/training_operations.py.
 */
import { expect, it } from "vitest";
import { Differentiation, isStop } from "../../src/graph/gradients.ts";
import { GraphBuilder } from "../../src/graph/builder.ts";
import { lower } from "../../src/graph/lower.ts";
import { simplify } from "../../src/graph/simplify.ts";
import { trace } from "../../src/graph/trace.ts";
import { load } from "../../src/index.ts";
import { sizeOf } from "../../src/core/tensor.ts";
import type { Sym } from "../../src/ops/types.ts";
import { tableHead } from "../support/tables.ts";
import { apart, array, type Number_, plain, runGraph } from "./graph.ts";

const table = tableHead("training/operations.json.gz") as {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly shape: readonly number[];
  readonly architecture: string;
  readonly calls: readonly {
    readonly name: string;
    readonly outputs: readonly [number, number];
    readonly gradients: readonly (readonly Number_[] | null)[];
  }[];
};

/** What each element of a result counts. */
const factors = (count: number): number[] => Array.from({ length: count }, (_, i) => 1 + ((i * 5) % 7) / 8);

const model = await load(new TextEncoder().encode(table.architecture));
const { graph } = trace(model.data.root, [table.shape, table.shape]);
const builder = new GraphBuilder(graph);
const outputs = builder.inline(
  graph,
  graph.inputs.map((id) => builder.sym(id)),
  [],
);
const losses = table.calls.map(({ outputs: [from, to] }) =>
  outputs
    .slice(from, to)
    .map((y) =>
      builder.op.sum(
        builder.op.multiply(y, builder.op.array(factors(sizeOf(y.shape as number[])), y.shape as number[], y.dtype)),
      ),
    ) // prettier-ignore
    .reduce((sum, part) => builder.op.add(sum, part)),
);
const forward = lower({ ...builder.finish(losses), inputs: graph.inputs }, isStop);
const second = new GraphBuilder(forward);
const whole = new Differentiation(forward, second, new Map());
const inputs = forward.inputs.map((id) => whole.at(id));
const made = forward.outputs.map((id) => whole.gradients(whole.at(id), inputs));
const all: Sym[] = made.flat().flatMap((g) => g ?? []);
const finished = second.finish(all);
const calls = finished.calls.map((call) => ({ ...call, outputs: [] }));
const backward = simplify({ ...finished, calls, inputs: forward.inputs });
const x = [array("float32", table.shape, table.a), array("float32", table.shape, table.b)];

it("says of each operation whether it has a gradient as TensorFlow does", () => {
  const kinds = (all: readonly (unknown | null)[]) => all.map((g) => (g === null ? "none" : "some"));
  expect(Object.fromEntries(table.calls.map(({ name }, i) => [name, kinds(made[i]!)]))).toEqual(
    Object.fromEntries(table.calls.map(({ name, gradients }) => [name, kinds(gradients)])),
  );
});

it.each(["reference", "wasm"] as const)("has TensorFlow's numbers on %s", async (backend) => {
  const found = [...(await runGraph(backend, x, backward))];
  const wrong: string[] = [];
  table.calls.forEach(({ name, gradients }, i) =>
    made[i]!.forEach((g, k) => {
      if (g === null) return;
      const value = found.shift()!;
      const wanted = gradients[k] ?? null;
      if (wanted !== null && apart(value, plain(wanted)) > 1e-4) wrong.push(`${name} ${"ab"[k]}: ${[...value.data].map((v) => Number(Number(v).toPrecision(5)))} for ${plain(wanted)}`); // prettier-ignore
    }),
  );
  expect(wrong).toEqual([]);
});
