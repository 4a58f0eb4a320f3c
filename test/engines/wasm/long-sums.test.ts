/**
 * Sums of thousands of products, beside the same in float64: the error must not grow with their length. The bound is that
 * of every fixture.
 */
import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../../src/core/tensor.ts";
import type { GraphBuilder } from "../../../src/graph/builder.ts";
import type { Sym, WeightRef } from "../../../src/ops/types.ts";
import { apart, type Case } from "./ops.ts";

const BOUND = 5e-7;

/** Numbers of an approximately normal distribution; `least`: what smaller ones become. */
function normal(shape: readonly number[], seed: number, least = -Infinity, scale = 1): Tensor {
  let state = seed * 2654435761;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: size }, () =>
    Math.max(least, scale * (next() + next() + next() + next() - 2) * 1.7),
  );
  return tensor(values, shape);
}

function weight(b: GraphBuilder, shape: readonly number[], seed: number, inputs: number): Sym {
  const ref: WeightRef = {
    name: `weight ${seed}`,
    dtype: "float32",
    shape,
    read: async () => normal(shape, seed, -Infinity, Math.sqrt(2 / inputs)),
  };
  return b.weight(ref, shape, "float32");
}

/** As it comes out of a ReLU: sums of it drift away from zero. */
const input = (shape: readonly number[]): Tensor => normal(shape, 1, 0);

const product = (rows: readonly number[], depth: number, columns: number, transposeB = false): Case => ({
  inputs: [input([...rows, depth])],
  build: (b, [x]) => [b.op.matmul(x!, weight(b, transposeB ? [columns, depth] : [depth, columns], 2, depth), { transposeB })],
}); // prettier-ignore

interface Conv {
  readonly spatial: readonly number[];
  readonly size: readonly number[];
  readonly channels: number;
  readonly filters: number;
  readonly groups?: number;
  readonly dilation?: number;
  readonly strides?: number;
  readonly layout?: "first" | "last";
}

const conv = ({ spatial, size, channels, filters, groups = 1, dilation = 1, strides = 1, layout = "last" }: Conv): Case => ({
  inputs: [input(layout === "last" ? [1, ...spatial, channels] : [1, channels, ...spatial])],
  build(b, [x]) {
    const depth = (size.reduce((n, k) => n * k, 1) * channels) / groups;
    const each = (n: number): number[] => spatial.map(() => n);
    const attrs = { layout, strides: each(strides), dilation: each(dilation), padding: "same", groups } as const;
    return [b.op.conv(x!, weight(b, [...size, channels / groups, filters], 2, depth), undefined, attrs)];
  },
}); // prettier-ignore

const convTranspose = (spatial: readonly number[], size: readonly number[], channels: number, stride: number): Case => ({
  inputs: [input([1, ...spatial, channels])],
  build(b, [x]) {
    const depth = size.reduce((n, k) => n * k, 1) * channels;
    const each = (n: number): number[] => spatial.map(() => n);
    const attrs = { layout: "last", strides: each(stride), dilation: each(1), padding: "same", outputPadding: null } as const;
    return [b.op.convTranspose(x!, weight(b, [...size, 5, channels], 2, depth), undefined, attrs)];
  },
}); // prettier-ignore

/** With a bias, another value and a ReLU behind it. */
const followed = (made: Case, shape: readonly number[]): Case => ({
  inputs: [...made.inputs, normal(shape.slice(-1), 3), normal(shape, 4)],
  build(b, [x, bias, other]) {
    const [y] = made.build(b, [x!]);
    return [b.op.maximum(b.op.add(b.op.add(y!, bias!), other!), 0)];
  },
});

const FUNCTIONS = { activation: { fn: "tanh" }, recurrentActivation: { fn: "sigmoid" } } as const;

/** One step from a given state: later ones would show how errors grow in the layer, whoever computes. */
const cell = (name: "lstmCell" | "gruCell" | "simpleRnnCell", rows: number, depth: number, units: number): Case => ({
  inputs: [input([rows, depth]), input([rows, units]), input([rows, units])],
  build(b, [x, h, c]) {
    const gates = { lstmCell: 4, gruCell: 3, simpleRnnCell: 1 }[name];
    const kernel = weight(b, [depth, gates * units], 2, 4 * depth);
    const recurrent = weight(b, [units, gates * units], 3, 4 * units);
    if (name === "lstmCell") return b.op.lstmCell(x!, h!, c!, kernel, recurrent, undefined, FUNCTIONS);
    if (name === "gruCell")
      return [b.op.gruCell(x!, h!, kernel, recurrent, undefined, { ...FUNCTIONS, resetAfter: true })];
    return [b.op.simpleRnnCell(x!, h!, kernel, recurrent, undefined, FUNCTIONS)];
  },
});

const convLstm = (channels: number, filters: number): Case => ({
  inputs: [input([1, 1, 3, 3, channels]), input([1, 3, 3, filters]), input([1, 3, 3, filters])],
  build(b, [x, h, c]) {
    const kernel = weight(b, [3, 3, channels, 4 * filters], 2, 36 * channels);
    const recurrent = weight(b, [3, 3, filters, 4 * filters], 3, 36 * filters);
    const attrs = { axis: 1, goBackwards: false, zeroOutputForMask: false } as const;
    const slide = {
      layout: "last",
      size: [3, 3],
      strides: [1, 1],
      dilation: [1, 1],
      padding: "same",
      groups: 1,
    } as const;
    const { last, states } = b.rnn({ x: x!, mask: null, states: [h!, c!] }, attrs, (xt, [before, memory]) => {
      const cell = { ...FUNCTIONS, conv: slide };
      const next = b.op.convLstmCell(xt, before!, memory!, kernel, recurrent, undefined, cell);
      return { y: next[0], states: next };
    });
    return [last, ...states];
  },
});

describe.each([{ strict: true }, { strict: false }])("strict $strict", (options) => {
  const cases: readonly (readonly [string, Case])[] = [
    ["a row", product([1], 4608, 40)],
    ["a row, few columns", product([1], 4608, 3)],
    ["a row of odd length", product([1], 4609, 21)],
    ["rows", product([5], 4608, 40)],
    ["rows of a length that chains do not divide", product([3], 4609, 27)],
    ["rows, few columns", product([7], 4608, 1)],
    ["one more than a chain", product([3], 129, 16)],
    ["a transposed matrix", product([2, 3], 3000, 19, true)],
    ["matrices", { inputs: [input([2, 3, 2000]), normal([2, 2000, 5], 2)], build: ({ op }, [x, y]) => [op.matmul(x!, y!)] }],
    ["a convolution", conv({ spatial: [3, 3], size: [3, 3], channels: 512, filters: 5 })],
    ["a convolution of few channels", conv({ spatial: [15, 15], size: [15, 15], channels: 3, filters: 17 })],
    ["rows and what follows them", followed(product([9], 5000, 37), [9, 37])],
    ["rows of whole panels", followed(product([6], 2049, 32), [6, 32])],
    ["a convolution of many positions", conv({ spatial: [2, 9], size: [3, 3], channels: 300, filters: 21 })],
    ["a convolution and what follows it", followed(conv({ spatial: [3, 6], size: [3, 3], channels: 512, filters: 37 }), [1, 3, 6, 37])],
    ["a dilated convolution", conv({ spatial: [6, 6], size: [3, 3], channels: 200, filters: 5, dilation: 2 })],
    ["a convolution, channels first", conv({ spatial: [4, 3], size: [3, 3], channels: 512, filters: 5, layout: "first" })],
    ["a convolution of positions", conv({ spatial: [2, 2], size: [1, 1], channels: 3000, filters: 5 })],
    ["a convolution in groups", conv({ spatial: [3, 3], size: [3, 3], channels: 600, filters: 6, groups: 2 })],
    ["a convolution of a line", conv({ spatial: [9], size: [9], channels: 301, filters: 5 })],
    ["a convolution in three axes", conv({ spatial: [3, 3, 3], size: [3, 3, 3], channels: 150, filters: 5, strides: 2 })],
    ["a depthwise convolution", conv({ spatial: [8, 8], size: [8, 8], channels: 5, filters: 5, groups: 5 })],
    ["a large depthwise convolution", conv({ spatial: [30, 30], size: [30, 30], channels: 2, filters: 2, groups: 2 })],
    ["a transposed convolution", convTranspose([3, 3], [3, 3], 512, 1)],
    ["a transposed convolution with strides", convTranspose([3, 3], [4, 4], 512, 2)],
    ["a transposed convolution of a line", convTranspose([9], [9], 301, 1)],
    ...(["lstmCell", "gruCell", "simpleRnnCell"] as const).flatMap((name) =>
      [1, 2, 5].map((rows) => [`${name}, ${rows} rows`, cell(name, rows, 1501, 603)] as const),
    ),
    ["chains of input and state that are short each", cell("lstmCell", 3, 120, 120)],
    ["a convolutional LSTM", convLstm(201, 65)],
    ["averages", { inputs: [input([1, 8, 8, 5])], build: ({ op }, [x]) => [op.pool(x!, { fn: "average", layout: "last", size: [8, 8], strides: [1, 1], padding: "same" })] }],
    ["large averages", { inputs: [input([1, 70, 70, 5])], build: ({ op }, [x]) => [op.pool(x!, { fn: "average", layout: "last", size: [70, 70], strides: [1, 1], padding: "valid" })] }],
    ...([[0], [1], [2], [0, 1], [0, 2]] as const).map((axes) => [
      `sums and means over ${axes.join()}`,
      { inputs: [input([20, 300, 41])], build: ({ op }: GraphBuilder, [x]: readonly Sym[]) => [op.sum(x!, axes, false), op.mean(x!, axes, false)] },
    ] as const),
    ["sums over a long line", { inputs: [input([3, 40_001])], build: ({ op }, [x]) => [op.sum(x!, [1], false), op.mean(x!, [1], false)] }],
    ["running sums", { inputs: [input([3, 9001])], build: ({ op }, [x]) => [op.cumsum(x!, 1)] }],
    ["softmax", { inputs: [input([3, 9001])], build: ({ op }, [x]) => [op.softmax(x!, [1])] }],
  ]; // prettier-ignore
  test.each(cases)("%s", async (_, c) => {
    expect(await apart(c, options)).toBeLessThanOrEqual(BOUND);
  });
});
