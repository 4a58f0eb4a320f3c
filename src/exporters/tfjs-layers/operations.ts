/** Operations of functional models, where a layer of TensorFlow.js does the same. */
import { JsonNumber } from "../../codecs/json.ts";
import type { ActivationSpec } from "../../ops/attributes.ts";
import type { Sym } from "../../ops/types.ts";
import { activated } from "./activations.ts";
import { permuted, reshapedTo } from "./windows.ts";
import type { CallOf, TfjsWriter, TfjsValue } from "./writer.ts";

const ACTIVATIONS: Readonly<Record<string, string>> = {
  Relu: "relu", Relu6: "relu6", Sigmoid: "sigmoid", Softplus: "softplus", Softsign: "softsign", SoftShrink: "soft_shrink",
  Silu: "silu", LogSigmoid: "log_sigmoid", LeakyRelu: "leaky_relu", HardSigmoid: "hard_sigmoid", HardSilu: "hard_silu",
  Elu: "elu", Selu: "selu", Celu: "celu", TanhShrink: "tanh_shrink", HardTanh: "hard_tanh", HardShrink: "hard_shrink",
  Tanh: "tanh", Softmax: "softmax", LogSoftmax: "log_softmax",
}; // prettier-ignore

const JOINS: Readonly<Record<string, string>> = {
  Add: "Add",
  Subtract: "Add",
  Multiply: "Multiply",
  Maximum: "Maximum",
  Minimum: "Minimum",
};

/** The number beside a value; undefined where there is none. */
function numberOf(arg: unknown): number | undefined {
  if (typeof arg === "number") return arg;
  const { float, int } = (typeof arg === "object" && arg !== null ? arg : {}) as { float?: unknown; int?: unknown };
  const value = float ?? int;
  return typeof value === "number" ? value : undefined;
}

/** With a number beside the value, as scale and offset; null where it is none. */
function scaled(name: string, { x1, x2 }: CallOf["named"]): readonly [scale: number, offset: number] | null {
  const [a, b] = [numberOf(x1), numberOf(x2)];
  const n = a ?? b;
  if (n === undefined || !Number.isFinite(n)) return null;
  if (name === "Add") return [1, n];
  if (name === "Multiply") return [n, 0];
  if (name === "Subtract") return a === undefined ? [1, -n] : [-1, n];
  return (name === "Divide" || name === "TrueDivide") && a === undefined && n !== 0 ? [1 / n, 0] : null;
}

const keepsBatch = ({ x, y }: CallOf): boolean => {
  const [from, to] = [x[0]!, y[0]!];
  const size = (shape: readonly (number | null)[]): number =>
    shape.slice(1).reduce<number>((n, length) => n * (length ?? NaN), 1);
  return from[0] === to[0] && size(from) === size(to);
};

const SHAPES: ReadonlySet<string> = new Set(["Reshape", "ExpandDims", "Squeeze"]);

/** Throws `unsupported/translation` for all others. */
export function writeOperation(
  w: TfjsWriter,
  of: CallOf,
  x: readonly TfjsValue[],
  syms: readonly Sym[],
): readonly TfjsValue[] {
  const name = of.node.def!.class;
  const refuse = (): never => w.refuse(of, "TensorFlow.js has no such operation");
  if (syms.length === 0 || !syms.every(({ dtype }) => dtype === "float32") || of.y.length !== 1) return refuse();
  const shape = of.y[0]!;
  const fn = ACTIVATIONS[name];
  if (fn !== undefined && x.length === 1) {
    const options = [...of.node.options].flatMap(([key, value]) =>
      value instanceof JsonNumber ? [[key, value.value] as const] : [],
    );
    return [activated(w, of, "", { fn, ...Object.fromEntries(options) } as ActivationSpec, x[0]!)];
  }
  const numbers = x.length === 1 ? scaled(name, of.named) : null;
  if (numbers !== null) return [w.one(of, "", "Rescaling", { scale: numbers[0], offset: numbers[1] }, x[0]!, shape)];
  if (name === "Negative" && x.length === 1)
    return [w.one(of, "", "Rescaling", { scale: -1, offset: 0 }, x[0]!, shape)];
  const join = JOINS[name];
  const sameRank = x.length === 2 && x[0]!.shape.length === x[1]!.shape.length && x[0]!.shape[0] === x[1]!.shape[0];
  if (join !== undefined && sameRank) {
    const b =
      name === "Subtract" ? w.one(of, "negative", "Rescaling", { scale: -1, offset: 0 }, x[1]!, x[1]!.shape) : x[1]!;
    return w.call(of, "", join, {}, [x[0]!, b], [shape]);
  }
  if (SHAPES.has(name) && x.length === 1 && keepsBatch(of)) return [reshapedTo(w, of, "", x[0]!, shape.slice(1))];
  const axes = of.node.options.get("axes");
  if (name === "Transpose" && x.length === 1 && Array.isArray(axes)) {
    const order = axes.map((axis) => (axis instanceof JsonNumber ? (axis.value + shape.length) % shape.length : -1));
    if (order[0] === 0 && !order.includes(-1)) return [permuted(w, of, "", x[0]!, order.slice(1))];
  }
  const axis = of.node.options.get("axis");
  if (name === "Concatenate" && x.length > 1) {
    const given = axis instanceof JsonNumber ? axis.value : axis === undefined ? 0 : NaN;
    const at = given < 0 ? given + shape.length : given;
    if (at > 0 && at < shape.length) return w.call(of, "", "Concatenate", { axis: at }, x, [shape]);
  }
  return refuse();
}
