/** Steps of optimizers on both engines, and learning rates, against Keras 3 in float64 (fixtures/training). */
import { describe, expect, it } from "vitest";
import { fromPlain, type JsonObject, toPlain } from "../../src/codecs/json.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { backendNamed, type BackendName } from "../../src/engines/index.ts";
import type { StoredWeight } from "../../src/core/stored.ts";
import { ERAS } from "../../src/train/era.ts";
import * as optimizers from "../../src/train/optimizers/index.ts";
import * as schedules from "../../src/train/schedules/index.ts";
import { readState } from "../../src/train/state.ts";
import type { Kept, Optimizer, Variable } from "../../src/train/types.ts";
import { tableHead } from "../support/tables.ts";
import { apart, array, graphOf, type Number_, plain } from "./graph.ts";

interface Case {
  readonly class: string;
  readonly config: object;
  /** The step in which a gradient is infinite. */
  readonly infinite?: number;
  readonly weights: readonly (readonly Number_[])[];
  readonly error: readonly number[];
  readonly variables: readonly (readonly [path: string, dtype: string, values: readonly Number_[], error: number])[];
}

const table = tableHead("training/optimizers.json.gz") as {
  shapes: Readonly<Record<string, readonly number[]>>;
  start: readonly (readonly number[])[];
  gradients: readonly (readonly (readonly number[])[])[];
  cases: readonly Case[];
  before: readonly Pick<Case, "class" | "config" | "weights" | "error">[];
  at: readonly number[];
  schedules: readonly { class: string; config: object; rates: readonly number[] }[];
};

const VARIABLES: readonly Variable[] = Object.entries(table.shapes).map(([path, shape]) => ({
  name: path.split("/")[1]!,
  path,
  shape,
}));
const read = (config: object): JsonObject => fromPlain(config) as JsonObject;
const float = (shape: readonly number[], values: readonly number[]) => array("float32", shape, values);
const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const first = ({ shape, initial = 0 }: Kept): Tensor =>
  float(shape, typeof initial === "number" ? new Array<number>(size(shape)).fill(initial) : initial);
const double = (value: number): Tensor => array("float64", [], [value]);

/** Weights, slots and shared values after all steps. */
async function train(backend: BackendName, optimizer: Optimizer, infinite: number | undefined) {
  const slots = VARIABLES.map((variable) => optimizer.slots(variable).map(first));
  let state = [...VARIABLES.map(({ shape }, i) => float(shape, table.start[i]!)), ...slots.flat(), ...optimizer.shared.map(first)]; // prettier-ignore
  const rateAt = (step: number) =>
    typeof optimizer.learningRate === "number" ? optimizer.learningRate : optimizer.learningRate.at(step);
  const inputs = (step: number): Tensor[] => [
    ...state,
    ...VARIABLES.map(({ shape }, i) => {
      const values = table.gradients[step]![i]!;
      return float(shape, i === 0 && step === infinite ? values.map((v) => v * Infinity) : values);
    }),
    double(step),
    double(rateAt(step)),
  ];
  const graph = graphOf(inputs(0), (cx, all) => {
    const rest = [...all];
    const take = (n: number) => rest.splice(0, n);
    const values = take(VARIABLES.length);
    const kept = slots.map((list) => take(list.length));
    const shared = take(optimizer.shared.length);
    const gradients = take(VARIABLES.length);
    const [iteration, learningRate] = rest;
    const after = optimizer.update(cx, {
      trained: VARIABLES.map((variable, i) => ({
        variable,
        value: values[i]!,
        gradient: { sum: gradients[i]! },
        slots: kept[i]!,
      })),
      shared,
      iteration: iteration!,
      learningRate: learningRate!,
    });
    return [...after.trained.map((t) => t.value), ...after.trained.flatMap((t) => t.slots), ...after.shared];
  });
  const session = await backendNamed(backend).open(graph);
  for (let step = 0; step < table.gradients.length; step++) state = [...(await session.run(inputs(step)))];
  session.dispose();
  const rest = [...state];
  const weights = rest.splice(0, VARIABLES.length);
  return { weights, slots: slots.map((list) => rest.splice(0, list.length)), shared: rest };
}

const made = (c: Case): Optimizer =>
  Object.values(optimizers)
    .find((optimizer) => optimizer.class === c.class)!
    .read(read(c.config));
const bound = (error: number) => Math.max(2 * error, 1e-6);

describe.each(["reference", "wasm"] as const)("five steps on %s", (backend) => {
  it.each(table.cases.map((c, i) => [`${i} ${c.class}`, c] as const))("%s", async (_, c) => {
    const optimizer = made(c);
    const after = await train(backend, optimizer, c.infinite);
    for (const [i, weight] of after.weights.entries())
      expect(apart(weight, plain(c.weights[i]!)), VARIABLES[i]!.path).toBeLessThanOrEqual(bound(c.error[i]!));
    const stored = optimizer.stored(VARIABLES);
    expect(stored.map((v) => [v.name, v.dtype])).toEqual(c.variables.map(([path, dtype]) => [path, dtype]));
    for (const [i, { of, name, shape }] of stored.entries()) {
      const [, , wanted, error] = c.variables[i]!;
      expect(size(shape), name).toBe(wanted.length);
      const found =
        of.kind === "slot"
          ? after.slots[of.variable]![of.slot]!
          : of.kind === "shared"
            ? after.shared[of.index]!
            : double(of.kind === "value" ? of.value : of.kind === "iteration" ? 5 : (optimizer.learningRate as number));
      expect(found.shape).toEqual(shape);
      expect(apart(found, plain(wanted)), name).toBeLessThanOrEqual(bound(error));
    }
  });
});

it.each(table.before.map((c, i) => [`${i} ${c.class} ${"decay" in c.config ? "of before 2.11" : ""}`, c] as const))(
  "five steps as tf-keras does them: %s",
  async (_, c) => {
    const declared = Object.values(optimizers).find((optimizer) => optimizer.class === c.class)!;
    const after = await train("wasm", declared.read(read(c.config), undefined, ERAS["tf-keras"]), undefined);
    for (const [i, weight] of after.weights.entries())
      expect(apart(weight, plain(c.weights[i]!)), VARIABLES[i]!.path).toBeLessThanOrEqual(bound(c.error[i]!));
  },
);

it("a state of before the first step is none, of an optimizer inside another too", async () => {
  const stored = (name: string) => ({ name, key: name, group: "optimizer", dtype: "float32", shape: [], byteLength: 4, read: () => Promise.resolve(new Uint8Array(4)) }); // prettier-ignore
  for (const [optimizer, inner] of [
    [optimizers.adam(), []],
    [optimizers.lossScaleOptimizer({ innerOptimizer: optimizers.adam() }), ["0", "1"]],
  ] as const) {
    const arrays = ["0", "1", ...inner].map(stored) as unknown as readonly StoredWeight[];
    const state = await readState(optimizer, VARIABLES, { arrays: [...arrays], keepsRate: true });
    expect(state.map(({ variable }) => variable.name.split("/").at(-1))).toEqual(
      [...state].map((_, i) => ["iteration", "learning_rate"][i % 2]),
    );
    expect(state).toHaveLength(arrays.length);
  }
});

it("an optimizer's config is Keras's", () => {
  for (const c of table.cases) expect(toPlain(made(c).config), c.class).toEqual(c.config);
});

it.each(table.schedules.map((s, i) => [`${i} ${s.class}`, s] as const))("learning rates: %s", (_, s) => {
  const schedule = Object.values(schedules)
    .find((one) => one.class === s.class)!
    .read(read(s.config));
  expect(toPlain(schedule.config)).toEqual(s.config);
  // Keras computes them in float32.
  expect(
    apart(
      array(
        "float64",
        [s.rates.length],
        table.at.map((n) => schedule.at(n)),
      ),
      s.rates,
    ),
  ).toBeLessThan(1e-6);
});
