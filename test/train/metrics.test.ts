/** Metrics over two batches on both engines, against Keras 3 (and means masked by themselves as tf-keras has them) in float64 (fixtures/training, made by fixtures/make/training.py). */
import { expect, it } from "vitest";
import { fromPlain, type JsonObject } from "../../src/codecs/json.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import type { GraphBuilder } from "../../src/graph/builder.ts";
import type { Sym } from "../../src/ops/types.ts";
import { type Era, ERAS } from "../../src/train/era.ts";
import * as metrics from "../../src/train/metrics/index.ts";
import type { Kept, Metric } from "../../src/train/types.ts";
import { tableHead } from "../support/tables.ts";
import {
  apart,
  array,
  graphOf,
  inputNamed,
  namesOf,
  type Number_,
  type Numeric,
  plain,
  runGraph,
  type TableCase,
} from "./graph.ts";

interface Case extends TableCase {
  readonly shape: readonly number[];
  readonly results: readonly (readonly Number_[])[];
  readonly states: readonly (readonly [string, readonly number[]])[];
  readonly name: string;
  readonly up: "up" | "down" | null;
  readonly error: number;
}

type Told = Pick<Case, keyof TableCase | "shape" | "results" | "error">;
const table = tableHead("training/metrics.json.gz") as { cases: readonly Case[]; before: readonly Told[] };

/** The samples the other way round. */
function reversed({ dtype, shape, data }: Tensor): Tensor {
  const values = Array.from(data as ArrayLike<number>);
  const row = values.length / shape[0]!;
  return array(dtype as Numeric, shape, Array.from(values, (_, i) => values[values.length - row * (1 + Math.floor(i / row)) + (i % row)]!)); // prettier-ignore
}

const first = ({ shape }: Kept): Tensor =>
  array("float32", shape, new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0));

function build(cx: GraphBuilder, c: Told, metric: Metric, x: readonly Sym[]): readonly Sym[] {
  const { op } = cx;
  const [yTrue, given, ...more] = x as [Sym, Sym, ...Sym[]];
  const sampleWeight = c.w === undefined ? undefined : more.shift();
  const mask = c.m === undefined ? undefined : op.cast(more.shift()!, "bool");
  const yPred = c.of === undefined ? given : c.of === "softmax" ? op.softmax(given, [-1]) : op.sigmoid(given);
  const compared = { yTrue, yPred, ...(sampleWeight && { sampleWeight }), ...(mask && { mask }), ...(c.of && { logits: given }) }; // prettier-ignore
  const states = metric.update(cx, compared, more);
  return [metric.result(cx, states), ...states];
}

const title = (c: Told) => `${c.class} ${JSON.stringify(c.config ?? {})} ${namesOf(c)} ${c.of ?? ""}`;

function made(c: Told, era?: Era): Metric {
  const declared = Object.values(metrics).find((metric) => metric.class === c.class)!;
  return declared.read(fromPlain(c.config ?? {}) as JsonObject, undefined, era);
}

async function expectResults(c: Told, metric: Metric): Promise<void> {
  const x = namesOf(c).map(inputNamed);
  const kept = metric.states(x[0]!.shape, x[1]!.shape);
  for (const backend of ["reference", "wasm"] as const) {
    for (const open of [false, true]) {
      let states: readonly Tensor[] = kept.map(first);
      for (const [turn, wanted] of c.results.entries()) {
        const batch = [x[0]!, turn === 0 ? x[1]! : reversed(x[1]!), ...x.slice(2)];
        const fixed = graphOf([...batch, ...states], (cx, all) => build(cx, c, metric, all), open ? batch.length : 0);
        const [found, ...next] = await runGraph(backend, [...batch, ...states], fixed);
        expect(found!.shape).toEqual(c.shape);
        expect(apart(found!, plain(wanted)), `${backend}, batch ${turn}`).toBeLessThanOrEqual(Math.max(2 * c.error, 1e-6)); // prettier-ignore
        states = next;
      }
    }
  }
}

it.each(table.cases.map((c) => [title(c), c] as const))("%s", async (_, c) => {
  const metric = made(c);
  const [y, p] = namesOf(c).map(inputNamed);
  expect(metric.states(y!.shape, p!.shape).map((state) => [state.name, state.shape])).toEqual(c.states);
  expect([metric.name, metric.direction ?? null]).toEqual([c.name.replace(/_\d+$/, ""), c.up]);
  await expectResults(c, metric);
});

it.each(table.before.map((c) => [title(c), c] as const))("as tf-keras has it: %s", (_, c) =>
  expectResults(c, made(c, ERAS["tf-keras"])),
);
