/** Every primitive's gradient against central differences in float64, and again as a gradient of gradients. */
import { describe, expect, it } from "vitest";
import { Random } from "../../src/core/random.ts";
import { sizeOf, type Tensor } from "../../src/core/tensor.ts";
import { openReference } from "../../src/engines/reference/session.ts";
import { openWasm } from "../../src/engines/wasm/session.ts";
import { GraphBuilder } from "../../src/graph/builder.ts";
import { gradients } from "../../src/graph/gradients.ts";
import type { ConvAttrs, ConvTransposeAttrs, PoolAttrs, ResizeAttrs } from "../../src/ops/attributes.ts";
import type { Ops } from "../../src/ops/builder.ts";
import { GRADIENTS } from "../../src/ops/gradients/index.ts";
import type { PrimitiveName } from "../../src/ops/signatures.ts";
import type { Graph, Sym } from "../../src/ops/types.ts";

interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly make: (op: Ops, ...x: Sym[]) => Sym;
  /** Where the operands lie; default -1 to 1. */
  readonly range?: readonly [number, number];
  /** Without second derivatives where those are 0 or undefined. */
  readonly isPiecewise?: true;
}

const SHAPES = [[[2, 3]], [[]], [[4]]] as const;
const PAIRS = [
  [[2, 3], [2, 3]],
  [[2, 3], [3]],
  [[1, 3], [2, 1]],
  [[3], [4, 1, 3]],
  [[2, 2], []],
] as const; // prettier-ignore

type Name1 = { [K in keyof Ops]: Ops[K] extends (x: Sym) => Sym ? K : never }[keyof Ops];
type Name2 = { [K in keyof Ops]: Ops[K] extends (a: Sym | number, b: Sym | number) => Sym ? K : never }[keyof Ops];

const unary = (name: Name1, range?: Case["range"], isPiecewise?: true): readonly Case[] =>
  SHAPES.map((shapes) => ({
    shapes,
    make: (op, x) => op[name](x!),
    ...(range && { range }),
    ...(isPiecewise && { isPiecewise }),
  }));
const binary = (name: Name2, range?: Case["range"], isPiecewise?: true): readonly Case[] =>
  PAIRS.map((shapes) => ({
    shapes,
    make: (op, a, b) => op[name](a!, b!),
    ...(range && { range }),
    ...(isPiecewise && { isPiecewise }),
  }));
const one = (shape: readonly number[], make: (op: Ops, x: Sym) => Sym, isPiecewise?: true): Case => ({
  shapes: [shape],
  make: (op, x) => make(op, x!),
  ...(isPiecewise && { isPiecewise }),
});

const AXES = [[0], [1], [0, 2], [0, 1, 2]];
const folds = (name: "sum" | "mean" | "prod" | "max" | "min", isPiecewise?: true): readonly Case[] =>
  AXES.flatMap((axes) =>
    [true, false].map((keepdims) => one([2, 3, 2], (op, x) => op[name](x, axes, keepdims), isPiecewise)),
  );

const CONV: ConvAttrs = { layout: "last", strides: [1], dilation: [1], groups: 1, padding: "valid" };
const conv = (x: readonly number[], kernel: readonly number[], attrs: Partial<ConvAttrs>, bias = true): Case => {
  const ones = kernel.slice(2).map(() => 1);
  const all = { ...CONV, strides: ones, dilation: ones, ...attrs };
  return {
    shapes: bias ? [x, kernel, [kernel.at(-1)!]] : [x, kernel],
    make: (op, a, k, b) => op.conv(a!, k!, b ?? null, all),
  };
};
const transposed = (x: readonly number[], kernel: readonly number[], attrs: Partial<ConvTransposeAttrs>): Case => {
  const ones = kernel.slice(2).map(() => 1);
  const all: ConvTransposeAttrs = {
    layout: "last",
    strides: ones,
    dilation: ones,
    padding: "valid",
    outputPadding: null,
    ...attrs,
  };
  return {
    shapes: [x, kernel, [kernel.at(-2)!]],
    make: (op, a, k, b) => op.convTranspose(a!, k!, b!, all),
  };
};
const pool = (x: readonly number[], attrs: Pick<PoolAttrs, "size"> & Partial<PoolAttrs>): readonly Case[] =>
  (["max", "average"] as const).map((fn) =>
    one(
      x,
      (op, a) => op.pool(a, { layout: "last", padding: "valid", strides: attrs.size, ...attrs, fn }),
      fn === "max" ? true : undefined,
    ),
  );
const METHODS: readonly ResizeAttrs["method"][] = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"]; // prettier-ignore

/** Cases of every operation that has a gradient. */
const CASES: { readonly [N in PrimitiveName]?: readonly Case[] } = {
  negative: unary("negative"),
  abs: unary("abs", undefined, true),
  sign: unary("sign", undefined, true),
  exp: unary("exp"),
  expm1: unary("expm1"),
  log: unary("log", [0.3, 2]),
  log1p: unary("log1p", [-0.5, 2]),
  sqrt: unary("sqrt", [0.3, 2]),
  rsqrt: unary("rsqrt", [0.3, 2]),
  square: unary("square"),
  reciprocal: unary("reciprocal", [0.3, 2]),
  sin: unary("sin", [-3, 3]),
  cos: unary("cos", [-3, 3]),
  tan: unary("tan"),
  asin: unary("asin", [-0.8, 0.8]),
  acos: unary("acos", [-0.8, 0.8]),
  atan: unary("atan", [-3, 3]),
  sinh: unary("sinh"),
  cosh: unary("cosh"),
  tanh: unary("tanh"),
  asinh: unary("asinh", [-3, 3]),
  acosh: unary("acosh", [1.2, 3]),
  atanh: unary("atanh", [-0.8, 0.8]),
  sigmoid: unary("sigmoid", [-3, 3]),
  erf: unary("erf"),
  erfc: unary("erfc"),
  add: binary("add"),
  subtract: binary("subtract"),
  multiply: binary("multiply"),
  divide: binary("divide", [0.4, 2]),
  power: [...binary("power", [0.4, 2]), one([5], (op, x) => op.power(x, 3)), one([5], (op, x) => op.power(x, 2))],
  maximum: [...binary("maximum", undefined, true), one([9], (op, x) => op.maximum(x, 0), true)],
  minimum: binary("minimum", undefined, true),
  mod: binary("mod", [0.4, 2], true),
  atan2: binary("atan2"),
  cast: [one([3], (op, x) => op.cast(op.cast(x, "float64"), "float64"))],
  where: PAIRS.map((shapes) => ({ shapes, make: (op, a, b) => op.where(op.greater(a!, b!), a!, b!), isPiecewise: true })), // prettier-ignore
  reshape: [one([2, 3], (op, x) => op.reshape(x, [3, -1]))],
  expandDims: [one([2, 3], (op, x) => op.expandDims(x, [0, 2]))],
  squeeze: [one([2, 1, 3], (op, x) => op.squeeze(x, [1]))],
  transpose: [one([2, 3, 4], (op, x) => op.transpose(x, [2, 0, 1]))],
  broadcastTo: [one([3], (op, x) => op.broadcastTo(x, [2, 3])), one([2, 1], (op, x) => op.broadcastTo(x, [4, 2, 3]))],
  slice: [
    one([5, 4], (op, x) => op.slice(x, [{ axis: 0, start: 1, stop: 4, step: 1 }])),
    one([7, 4], (op, x) => op.slice(x, [{ axis: 0, start: 1, stop: null, step: 3 }, { axis: 1, start: -1, stop: null, step: -2 }])), // prettier-ignore
    one([6], (op, x) => op.slice(x, [{ axis: 0, start: null, stop: 1, step: -2 }])),
    one([6], (op, x) => op.concat([x, op.slice(x, [{ axis: 0, start: 4, stop: 2, step: 1 }])], 0)),
  ],
  reverse: [one([2, 3], (op, x) => op.reverse(x, [0, 1]))],
  concat: [{ shapes: [[2, 1], [2, 3]], make: (op, a, b) => op.concat([a!, b!, a!], 1) }], // prettier-ignore
  pad: [one([2, 3], (op, x) => op.pad(x, [[1, 0], [2, 3]], 7))], // prettier-ignore
  repeat: [one([2, 3], (op, x) => op.repeat(x, 0, 3)), one([2, 3], (op, x) => op.repeat(x, 1, 2))],
  tile: [one([2, 3], (op, x) => op.tile(x, [2, 1, 3])), one([2, 3], (op, x) => op.tile(x, [2]))],
  gather: [
    one([5, 3], (op, x) => op.gather(x, op.array([4, 0, 4, 1], [2, 2], "int32"), 0)),
    one([3, 4], (op, x) => op.gather(x, op.array([2, 2, 0], [3], "int32"), 1)),
  ],
  scatterAdd: [
    one([4, 3], (op, x) => op.scatterAdd(op.array([4, 0, 4, 1], [4], "int32"), x, 0, 5)),
    one([2, 3, 2], (op, x) => op.scatterAdd(op.array([1, 1, 0], [3], "int32"), x, 1, 4)),
  ],
  cumsum: [one([2, 4], (op, x) => op.cumsum(x, 1)), one([2, 4], (op, x) => op.cumsum(x, 0, true))],
  sort: [one([2, 5], (op, x) => op.sort(x, 1, true), true), one([5, 2], (op, x) => op.sort(x, 0), true)],
  sum: folds("sum"),
  mean: folds("mean"),
  prod: [...folds("prod"), one([2, 3], (op, x) => op.prod(op.multiply(x, op.array([1, 0, 1, 1, 1, 1], [2, 3], "float64")), [1]), true)], // prettier-ignore
  max: folds("max", true),
  min: folds("min", true),
  matmul: [
    { shapes: [[2, 3], [3, 4]], make: (op, a, b) => op.matmul(a!, b!) },
    { shapes: [[3, 2], [3, 4]], make: (op, a, b) => op.matmul(a!, b!, { transposeA: true }) },
    { shapes: [[2, 3], [4, 3]], make: (op, a, b) => op.matmul(a!, b!, { transposeB: true }) },
    { shapes: [[3, 2], [4, 3]], make: (op, a, b) => op.matmul(a!, b!, { transposeA: true, transposeB: true }) },
    { shapes: [[2, 2, 3], [3, 4]], make: (op, a, b) => op.matmul(a!, b!) },
    { shapes: [[2, 2, 3], [4, 3]], make: (op, a, b) => op.matmul(a!, b!, { transposeB: true }) },
    { shapes: [[2, 3, 2], [3, 4]], make: (op, a, b) => op.matmul(a!, b!, { transposeA: true }) },
    { shapes: [[2, 1, 2, 3], [3, 3, 2]], make: (op, a, b) => op.matmul(a!, b!) },
    { shapes: [[2, 3], [2, 3, 2]], make: (op, a, b) => op.matmul(a!, b!) },
  ], // prettier-ignore
  conv: [
    conv([2, 6, 3], [3, 3, 2], {}),
    conv([2, 7, 3], [3, 3, 2], { strides: [2], padding: "same" }, false),
    conv([2, 8, 2], [3, 2, 2], { dilation: [2], padding: "causal" }),
    conv([2, 8, 4], [2, 2, 6], { groups: 2, padding: "same" }),
    conv([1, 5, 6, 2], [3, 2, 2, 3], { strides: [2, 3], padding: "same" }),
    conv([1, 2, 5, 6], [3, 2, 2, 3], { layout: "first", padding: [[2, 1], [0, 3]] }), // prettier-ignore
    conv([1, 4, 5, 6], [3, 2, 1, 8], { layout: "first", groups: 4, dilation: [1, 2], padding: "same" }),
    conv([1, 3, 4, 3, 2], [2, 2, 2, 2, 2], { strides: [1, 2, 1] }),
    conv([2, 5, 2], [1, 2, 2], { strides: [2] }),
    conv([2, 5, 2], [2, 2, 2], { padding: [[3, 2]] }), // prettier-ignore
  ],
  convTranspose: [
    transposed([2, 4, 3], [3, 2, 3], {}),
    transposed([2, 4, 3], [3, 2, 3], { strides: [2], padding: "same" }),
    transposed([1, 3, 4, 2], [2, 3, 2, 2], { strides: [3, 2], padding: "same" }),
    transposed([1, 2, 3, 4], [2, 3, 2, 2], { layout: "first", strides: [2, 1] }),
    transposed([1, 3, 3, 2], [2, 2, 2, 2], { dilation: [2, 1] }),
    transposed([2, 4, 3], [3, 2, 3], { strides: [2], padding: "same", outputPadding: [1] }),
    transposed([2, 4, 3], [1, 2, 3], { strides: [3] }),
  ],
  pool: [
    ...pool([2, 6, 3], { size: [2] }),
    ...pool([1, 7, 3], { size: [3], strides: [2], padding: "same" }),
    ...pool([1, 2, 5, 6], { layout: "first", size: [2, 3], strides: [1, 2], padding: "same" }),
    ...pool([1, 5, 4, 4, 2], { size: [2, 2, 2] }),
    ...pool([2, 2, 5, 7], { layout: "first", size: [2, 3], padding: "same" }),
  ],
  resize: METHODS.flatMap((method) => [
    one([1, 4, 3, 2], (op, x) => op.resize(x, { layout: "last", to: [8, 9], method })),
    one([1, 2, 5], (op, x) => op.resize(x, { layout: "first", to: [15], method })),
  ]),
};

/** A graph with one output, a scalar: the case's output, each element times a random number. */
function graphOf({ shapes, make }: Case, random: Random): Graph {
  const builder = new GraphBuilder();
  const y = make(builder.op, ...shapes.map((shape) => builder.input(shape, "float64")));
  return builder.finish([weighted(builder, y, random)]);
}

function weighted({ op }: GraphBuilder, y: Sym, random: Random): Sym {
  const shape = y.shape as readonly number[];
  const factors = Array.from({ length: sizeOf(shape) }, () => random.uniform() * 2 - 1);
  return op.sum(op.multiply(y, op.array(factors, shape, y.dtype)));
}

const drawn = ({ shapes, range: [low, high] = [-1, 1] }: Case, random: Random): Tensor[] =>
  shapes.map((shape) => {
    const data = Float64Array.from({ length: sizeOf(shape) }, () => low + random.uniform() * (high - low));
    return { dtype: "float64", shape, data };
  });

/** How far gradients of the only output are from central differences, relative to the largest of each operand's. */
async function worst(graph: Graph, x: readonly Tensor[]): Promise<number> {
  const both = gradients(graph, graph.outputs[0]!, graph.inputs);
  const session = await openReference(graph);
  const found = (await (await openReference(both)).run(x)).slice(1);
  let most = 0;
  for (const [i, { data }] of x.entries()) {
    const values = data as Float64Array;
    const made = found[i]!.data as Float64Array;
    expect(found[i]!.shape).toEqual(x[i]!.shape);
    const scale = Math.max(1e-3, ...Array.from(made, Math.abs));
    for (let k = 0; k < values.length; k++) {
      const [old, h] = [values[k]!, 1e-5];
      const at = async (value: number): Promise<number> => {
        values[k] = value;
        return Number((await session.run(x))[0]!.data[0]);
      };
      const slope = ((await at(old + h)) - (await at(old - h))) / (2 * h);
      values[k] = old;
      most = Math.max(most, Math.abs(slope - made[k]!) / scale);
    }
  }
  return most;
}

const without = Object.entries(GRADIENTS).flatMap(([name, gradient]) => (typeof gradient === "function" ? [] : [name]));

describe("gradients of primitives", () => {
  it("have cases, or say why there are none", () => {
    expect(Object.keys(CASES).sort()).toEqual(
      Object.keys(GRADIENTS)
        .filter((name) => !without.includes(name))
        .sort(),
    );
  });

  it.each(Object.keys(CASES) as PrimitiveName[])("of %s are central differences, and so are theirs", async (name) => {
    for (const [i, given] of CASES[name]!.entries()) {
      const random = new Random(i + 1);
      const graph = graphOf(given, random);
      const x = drawn(given, random);
      expect(await worst(graph, x), `case ${i}`).toBeLessThan(1e-7);
      if (given.isPiecewise) continue;
      const first = gradients(graph, graph.outputs[0]!, graph.inputs);
      const builder = new GraphBuilder(first);
      const inputs = first.inputs.map((id) => builder.sym(id));
      const outputs = builder.inline(first, inputs, []);
      const loss = outputs.slice(1).map((g) => weighted(builder, g, random)).reduce((a, b) => builder.op.add(a, b)); // prettier-ignore
      const second = { ...builder.finish([loss]), inputs: first.inputs };
      expect(await worst(second, x), `case ${i}, second`).toBeLessThan(1e-6);
    }
  });

  it.each(Object.keys(CASES) as PrimitiveName[])("of %s are the same on WebAssembly", async (name) => {
    for (const [i, given] of CASES[name]!.entries()) {
      const random = new Random(i + 1);
      const builder = new GraphBuilder();
      const cast = (x: Sym): Sym => builder.op.cast(x, "float32");
      const x = given.shapes.map((shape) => builder.input(shape, "float32"));
      const y = cast(given.make(builder.op, ...x));
      const graph = builder.finish([weighted(builder, y, random)]);
      const values = drawn(given, random).map((t): Tensor => ({ ...t, dtype: "float32", data: Float32Array.from(t.data as Float64Array) })); // prettier-ignore
      const both = gradients(graph, graph.outputs[0]!, graph.inputs);
      const [a, b] = [await (await openReference(both)).run(values), await (await openWasm(both)).run(values)];
      for (const [k, { data }] of a.entries()) {
        const scale = Math.max(1e-3, ...Array.from(data as Float32Array, Math.abs));
        const off = Array.from(data as Float32Array, (v, j) => Math.abs(v - (b[k]!.data as Float32Array)[j]!) / scale);
        expect(Math.max(0, ...off), `case ${i}, output ${k}`).toBeLessThan(1e-5);
      }
    }
  });
});
