/** Recurrent layers as one kernel, over random shapes and options, against the reference in float64. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../../src/core/tensor.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import { lower } from "../../../src/graph/lower.ts";
import type { ActivationSpec } from "../../../src/ops/attributes.ts";
import type { Sym } from "../../../src/ops/types.ts";
import { takes } from "../../../src/engines/wasm/rules/takes.ts";
import { opNames, weight, weightOf } from "../../graph/build.ts";
import { both, random } from "./ops.ts";

const CELLS = ["lstm", "gru", "gru, reset before", "simple"] as const;
type CellName = (typeof CELLS)[number];
const GATES = { lstm: 4, gru: 3, "gru, reset before": 3, simple: 1 } as const;
/** Those without bounds let rounding errors grow from step to step, whoever computes: they get one step. */
const BOUNDED = ["tanh", "sigmoid", "hard_sigmoid", "softsign"] as const;
const UNBOUNDED = ["relu", "linear", "exponential"] as const;

interface Layer {
  readonly cell: CellName;
  readonly units: number;
  readonly depth: number;
  readonly rows: number;
  readonly steps: number;
  readonly axis: 0 | 1;
  readonly useBias: boolean;
  readonly activation: string;
  readonly recurrentActivation: string;
  readonly goBackwards: boolean;
  readonly masked: boolean;
  readonly zeroOutputForMask: boolean;
  /** Weights of the model, or computed ones: those are packed at run time. */
  readonly computed: boolean;
}

const layers: fc.Arbitrary<Layer> = fc.record({
  cell: fc.constantFrom(...CELLS),
  units: fc.integer({ min: 1, max: 21 }),
  depth: fc.integer({ min: 1, max: 9 }),
  rows: fc.integer({ min: 1, max: 6 }),
  steps: fc.integer({ min: 1, max: 5 }),
  axis: fc.constantFrom(0 as const, 1 as const),
  useBias: fc.boolean(),
  activation: fc.constantFrom(...BOUNDED),
  recurrentActivation: fc.constantFrom(...BOUNDED),
  goBackwards: fc.boolean(),
  masked: fc.boolean(),
  zeroOutputForMask: fc.boolean(),
  computed: fc.boolean(),
});

/** Inputs: x, initial states, the mask when there is one, and a scalar that computed weights are multiplied with. */
function build(b: GraphBuilder, layer: Layer, [x, h0, c0, one, mask]: readonly Sym[]): readonly Sym[] {
  const { cell, units, depth, axis, useBias, goBackwards, masked, zeroOutputForMask } = layer;
  const wide = GATES[cell] * units;
  const make = (name: string, shape: readonly number[]): Sym =>
    layer.computed ? b.op.multiply(weight(b, name, shape), one!) : b.weight(weightOf(name, shape), shape, "float32");
  const outside = layer.computed ? [make("kernel", [depth, wide]), make("recurrent", [units, wide])] : undefined;
  const biasShape = cell === "gru" ? [2, wide] : [wide];
  const outsideBias = layer.computed && useBias ? make("bias", biasShape) : undefined;
  const init = cell === "lstm" ? [h0!, c0!] : [h0!];
  const spec = (fn: string): ActivationSpec => ({ fn });
  const { sequence, last, states } = b.rnn(
    { x: x!, mask: masked ? mask! : null, states: init },
    { axis, goBackwards, zeroOutputForMask },
    (xt, [h, c]) => {
      // As layers do: weights come into being where they are first used, inside of the loop.
      const [kernel, recurrent] = outside ?? [make("kernel", [depth, wide]), make("recurrent", [units, wide])];
      const bias = useBias ? (outsideBias ?? make("bias", biasShape)) : undefined;
      const attrs = {
        activation: spec(layer.activation),
        recurrentActivation: spec(layer.recurrentActivation),
      };
      if (cell === "lstm") {
        const next = b.op.lstmCell(xt, h!, c!, kernel!, recurrent!, bias, attrs);
        return { y: next[0], states: next };
      }
      const next =
        cell === "simple"
          ? b.op.simpleRnnCell(xt, h!, kernel!, recurrent!, bias, attrs)
          : b.op.gruCell(xt, h!, kernel!, recurrent!, bias, { ...attrs, resetAfter: cell === "gru" });
      return { y: next, states: [next] };
    },
  );
  return [sequence, last, ...states];
}

const quarter = ({ data, shape }: Tensor): Tensor =>
  tensor(
    Array.from(data as Float32Array, (value) => value / 4),
    shape,
  );

const inputsOf = ({ rows, steps, depth, units, axis, masked }: Layer) => [
  quarter(random(axis === 1 ? [rows, steps, depth] : [steps, rows, depth])),
  quarter(random([rows, units], "float32", 3)),
  quarter(random([rows, units], "float32", 4)),
  tensor([1], []),
  ...(masked ? [random(axis === 1 ? [rows, steps] : [steps, rows], "bool", 5)] : []),
];

describe("recurrent kernels", () => {
  const agrees = async (layer: Layer): Promise<void> => {
    // The sums in the cells are of the order of 1, whatever is left of them: so is what they are rounded to.
    const { found, exact } = await both({ inputs: inputsOf(layer), build: (b, x) => build(b, layer, x) });
    found.forEach(({ data }, i) => {
      const wanted = Array.from(exact[i]!.data as Float64Array);
      const size = Math.max(1, ...wanted.map(Math.abs));
      wanted.forEach((value, k) => expect(Math.abs(Number(data[k]) - value) / size).toBeLessThanOrEqual(1e-6));
    });
  };

  test("agree with the reference over any shape and option", async () => {
    await fc.assert(fc.asyncProperty(layers, agrees), { numRuns: 150 });
  });

  test("agree with the reference over many steps of a single row", async () => {
    const long = fc.tuple(layers, fc.integer({ min: 31, max: 70 }));
    const one = fc.asyncProperty(long, ([layer, steps]) => agrees({ ...layer, rows: 1, steps }));
    await fc.assert(one, { numRuns: 60 });
  });

  test("agree with the reference over any activation", async () => {
    const any = fc.constantFrom(...BOUNDED, ...UNBOUNDED);
    const once = fc.tuple(layers, any, any);
    await fc.assert(
      fc.asyncProperty(once, ([layer, activation, recurrentActivation]) =>
        agrees({ ...layer, steps: 1, activation, recurrentActivation }),
      ),
      { numRuns: 60 },
    );
  });

  test.each(CELLS)("a layer of %s cells is run whole, weights inside of its loop", (cell) => {
    const layer: Layer = { cell, units: 5, depth: 3, rows: 1, steps: 2, axis: 1, useBias: true, activation: "tanh", recurrentActivation: "sigmoid", goBackwards: false, masked: false, zeroOutputForMask: false, computed: false }; // prettier-ignore
    const b = new GraphBuilder();
    const x = inputsOf(layer).map(({ shape, dtype }) => b.input(shape, dtype));
    const graph = lower(b.finish(build(b, layer, x)), takes);
    expect(opNames(graph)).toContain("rnn");
    expect(opNames(graph)).not.toContain("scan");
  });
});
