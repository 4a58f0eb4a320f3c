/** Composites that ONNX has whole, and which of ours they are. */
import type { ActivationSpec } from "../../ops/attributes.ts";
import type { NodeOf, Value, ValueId } from "../../ops/types.ts";
import { fail } from "../../core/error.ts";
import { sizeOf, type Tensor } from "../../core/tensor.ts";
import { withDType } from "../../core/cast.ts";
import type { Attribute, OnnxGraph, OnnxOperand } from "./graph.ts";
import type { OnnxRule } from "./rule.ts";

export type GraphValues = ReadonlyMap<ValueId, Value>;

interface Function {
  readonly op: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

const float = (value: number): Attribute => ({ float: value });

/** An activation whose options are those that ONNX's operator has. */
function functionOf({ fn, ...options }: ActivationSpec): Function | undefined {
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  const option = (name: string, otherwise: number): number => (options[name] ?? otherwise) as number;
  const only = (...names: string[]): boolean => given.every(([name]) => names.includes(name));
  const known: Readonly<Record<string, () => Function | undefined>> = {
    softplus: () => (only() ? { op: "Softplus", attributes: {} } : undefined),
    softsign: () => (only() ? { op: "Softsign", attributes: {} } : undefined),
    elu: () => (only("alpha") ? { op: "Elu", attributes: { alpha: float(option("alpha", 1)) } } : undefined),
    selu: () => ({
      op: "Selu",
      attributes: { alpha: float(1.6732632423543772), gamma: float(1.0507009873554805) },
    }),
    relu: () => (only() || given.every(([, value]) => value === 0) ? { op: "Relu", attributes: {} } : undefined),
    leaky_relu: () =>
      only("negative_slope")
        ? { op: "LeakyRelu", attributes: { alpha: float(option("negative_slope", 0.2)) } }
        : undefined,
    hard_sigmoid: () => ({ op: "HardSigmoid", attributes: { alpha: float(1 / 6), beta: float(0.5) } }),
    hard_sigmoid_keras2: () => ({ op: "HardSigmoid", attributes: { alpha: float(0.2), beta: float(0.5) } }),
  };
  return Object.hasOwn(known, fn) ? known[fn]!() : undefined;
}

/** GELU by Erf is three times as fast as by erfc written out; of what is left of 1 far out, below 1e-7 of x, it keeps no digits. */
const isExactGelu = ({ fn, approximate }: ActivationSpec): boolean => fn === "gelu" && approximate !== true;

function gelu(g: OnnxGraph, x: string): string {
  const at = (value: number): string => g.scalar(value, "float32");
  const half = g.elementwise("Mul", [x, at(0.5)]);
  const erf = g.elementwise("Erf", [g.elementwise("Mul", [x, at(Math.SQRT1_2)])]);
  return g.elementwise("Mul", [half, g.elementwise("Add", [erf, at(1)])]);
}

/** `max_value`, `threshold`: no ONNX operator has them; those of infinity and 0 are none. */
export const takesActivation = (node: NodeOf<"activation">, values: GraphValues): boolean =>
  values.get(node.in.x)!.dtype === "float32" && (isExactGelu(node.attrs) || functionOf(node.attrs) !== undefined);

export const activation: OnnxRule<"activation"> = (g, { x }, spec) => {
  if (isExactGelu(spec)) return { y: gelu(g, x.name) };
  const found = functionOf(spec);
  if (found === undefined) return fail("internal/graph", { source: "onnx", found: spec.fn });
  return { y: g.elementwise(found.op, [x.name], found.attributes) };
};

export const takesSoftmax = (node: NodeOf<"softmax">, values: GraphValues): boolean =>
  node.attrs.axes.length === 1 && values.get(node.in.x)!.dtype === "float32";

export const softmax: OnnxRule<"softmax"> = (g, { x }, { axes }) => ({
  y: g.node("Softmax", [x.name], { axis: axes[0]! }),
});

const isWeight = (values: GraphValues, id: ValueId | null): boolean => {
  const from = id === null ? undefined : values.get(id)!.from;
  return id === null || (from !== undefined && "weight" in from);
};

export const takesBatchNorm = (node: NodeOf<"batchNorm">, values: GraphValues): boolean =>
  values.get(node.in.x)!.dtype === "float32" &&
  Object.values(node.in).every((id) => id === node.in.x || isWeight(values, id as ValueId | null));

async function floats(operand: OnnxOperand | null, length: number, otherwise: number): Promise<Float64Array> {
  if (operand === null) return new Float64Array(length).fill(otherwise);
  return withDType(await operand.weight!.read(), "float64").data as Float64Array;
}

/** x·factor + offset, both made of the weights; an operator of its own behind a convolution, which engines fold into it. */
export const batchNorm: OnnxRule<"batchNorm"> = (g, x, { axis: given, epsilon }) => {
  const rank = x.x.shape.length;
  const axis = given < 0 ? given + rank : given;
  const before = g.source(x.x.name);
  const [name, own] = before === undefined ? [x.x.name, axis] : [before.name, before.perm[axis]!];
  const length = x.mean.shape[0]!;
  const named = (what: string, operand: OnnxOperand | null, otherwise: number): string =>
    operand?.name ??
    g.form(x.mean.weight!, what, "float32", [length], () => ({
      dtype: "float32",
      shape: [length],
      data: new Float32Array(length).fill(otherwise),
    }));
  if (own === 1 && rank > 1) {
    const inputs = [name, named("gamma", x.gamma, 1), named("beta", x.beta, 0), x.mean.name, x.variance.name];
    const made = g.node("BatchNormalization", inputs, { epsilon: float(epsilon) });
    return { y: before === undefined ? made : g.transpose(made, before.perm) };
  }
  const shape = [length, ...Array.from({ length: rank - 1 - axis }, () => 1)];
  const folded = (what: string, make: (factor: number, mean: number, beta: number) => number): string =>
    g.form(x.mean.weight!, `${what} ${epsilon}`, "float32", shape, async (value): Promise<Tensor> => {
      const mean = value.data as Float32Array;
      const [variance, gamma, beta] = await Promise.all([
        floats(x.variance, length, 1),
        floats(x.gamma, length, 1),
        floats(x.beta, length, 0),
      ]);
      const data = Float32Array.from(mean, (m, i) => make(gamma[i]! / Math.sqrt(variance[i]! + epsilon), m, beta[i]!));
      return { dtype: "float32", shape, data };
    });
  const scaled = g.node("Mul", [x.x.name, folded("factor", (factor) => factor)]);
  return { y: g.node("Add", [scaled, folded("offset", (factor, mean, beta) => beta - mean * factor)]) };
};

const isTrailing = (axes: readonly number[], rank: number): boolean =>
  [...axes]
    .map((axis) => (axis < 0 ? axis + rank : axis))
    .sort((a, b) => a - b)
    .every((axis, i) => axis === rank - axes.length + i);

/** The last axes, of known lengths. */
export const takesLayerNorm = (node: NodeOf<"layerNorm">, values: GraphValues): boolean => {
  const { shape, dtype } = values.get(node.in.x)!;
  const { axes, rms } = node.attrs;
  return (
    !rms &&
    dtype === "float32" &&
    isTrailing(axes, shape!.length) &&
    !shape!.slice(-axes.length).includes(null) &&
    [node.in.gamma, node.in.beta].every((id) => id === null || values.get(id)!.shape!.length === axes.length)
  );
};

export const layerNorm: OnnxRule<"layerNorm"> = (g, { x, gamma, beta }, { axes, epsilon }) => {
  const shape = x.shape.slice(-axes.length) as readonly number[];
  const ones = (): string => g.constant({ dtype: "float32", shape, data: new Float32Array(sizeOf(shape)).fill(1) });
  const inputs = [x.name, gamma?.name ?? ones(), ...(beta === null ? [] : [beta.name])];
  return { y: g.node("LayerNormalization", inputs, { axis: -axes.length, epsilon: float(epsilon) }) };
};

/** An activation inside ONNX's recurrent operators: its name and up to two numbers. */
export function gateFunction(spec: ActivationSpec): readonly [name: string, ...numbers: number[]] | undefined {
  const options = Object.entries(spec).filter(
    ([name, value]) => name !== "fn" && value !== undefined && value !== null,
  );
  if (options.length > 0) return undefined;
  const known: Readonly<Record<string, readonly [string, ...number[]]>> = {
    relu: ["Relu"],
    tanh: ["Tanh"],
    sigmoid: ["Sigmoid"],
    linear: ["Affine", 1, 0],
    hard_sigmoid: ["HardSigmoid", 1 / 6, 0.5],
    hard_sigmoid_keras2: ["HardSigmoid", 0.2, 0.5],
    elu: ["Elu", 1],
    softsign: ["Softsign"],
    softplus: ["Softplus"],
  };
  return Object.hasOwn(known, spec.fn) ? known[spec.fn] : undefined;
}
