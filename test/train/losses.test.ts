/** Losses and their gradients on both engines, against Keras 3 in float64 (fixtures/training, made by fixtures/make/training.py). */
import { expect, it } from "vitest";
import { fromPlain, type JsonObject } from "../../src/codecs/json.ts";
import type { GraphBuilder } from "../../src/graph/builder.ts";
import { gradients } from "../../src/graph/gradients.ts";
import type { Sym } from "../../src/ops/types.ts";
import * as losses from "../../src/train/losses/index.ts";
import { tableHead } from "../support/tables.ts";
import { apart, graphOf, inputNamed, namesOf, type Number_, plain, runGraph, type TableCase } from "./graph.ts";

interface Case extends TableCase {
  readonly shape: readonly number[];
  readonly loss: readonly Number_[];
  readonly grad: readonly Number_[];
  readonly error: readonly [number, number];
}

const table = tableHead("training/losses.json.gz") as {
  cases: readonly Case[];
};

function build(cx: GraphBuilder, c: Case, inputs: readonly Sym[]): readonly Sym[] {
  const { op } = cx;
  const [yTrue, x, ...more] = inputs as [Sym, Sym, ...Sym[]];
  const sampleWeight = c.w === undefined ? undefined : more.shift();
  const mask = c.m === undefined ? undefined : op.cast(more.shift()!, "bool");
  const made = Object.values(losses).find((loss) => loss.class === c.class)!;
  const yPred = c.of === undefined ? x : c.of === "softmax" ? op.softmax(x, [-1]) : op.sigmoid(x);
  const loss = made.read(fromPlain(c.config ?? {}) as JsonObject).apply(cx, {
    yTrue,
    yPred,
    ...(sampleWeight && { sampleWeight }),
    ...(mask && { mask }),
    ...(c.of && { logits: x }),
  });
  return [loss, op.sum(loss)];
}

const title = (c: Case) => `${c.class} ${JSON.stringify(c.config ?? {})} ${namesOf(c)} ${c.of ?? ""}`;

it.each(table.cases.map((c) => [title(c), c] as const))("%s", async (_, c) => {
  const x = namesOf(c).map(inputNamed);
  for (const backend of ["reference", "wasm"] as const) {
    for (const open of [0, x.length]) {
      const graph = graphOf(x, (cx, inputs) => build(cx, c, inputs), open);
      const [loss, , gradient] = await runGraph(backend, x, gradients(graph, graph.outputs[1]!, [graph.inputs[1]!]));
      expect(loss!.shape).toEqual(c.shape);
      expect(apart(loss!, plain(c.loss)), `loss on ${backend}`).toBeLessThanOrEqual(Math.max(2 * c.error[0], 1e-6));
      expect(apart(gradient!, plain(c.grad)), `gradient on ${backend}`).toBeLessThanOrEqual(
        Math.max(2 * c.error[1], 1e-6),
      );
    }
  }
});
