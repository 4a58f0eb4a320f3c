/** Operations that are layers of TensorFlow.js with all that these have: convolutions, pooling, softmax, normalisation. */
import type { ActivationSpec, ConvAttrs, ConvTransposeAttrs, PoolAttrs } from "../../ops/attributes.ts";
import type { AttrsOf, Slots } from "../../ops/signatures.ts";
import type { Shape } from "../../ops/types.ts";
import { activated } from "./activations.ts";
import { Constant, folded } from "./constants.ts";
import { plus, times } from "./elementwise.ts";
import type { Dynamic, TfjsEmitter, Rep } from "./emitter.ts";
import * as movement from "./movement.ts";
import { convolution, pooling, type TfjsRule, transposed } from "./windows.ts";
import { type CallOf, lengths } from "./writer.ts";

/** Writes an operation on some operands of which one or more are no constants; `to`: the shape of its result. */
export type OperationRule = (
  g: TfjsEmitter,
  x: { readonly [name: string]: Rep | null } & { xs: readonly Rep[] },
  a: never,
  to: Shape,
) => Rep;

/** An operation on one value. */
export const single =
  <A>(make: (g: TfjsEmitter, x: Dynamic, a: A, to: Shape) => Rep): OperationRule =>
  (g, { x }, a, to) =>
    make(g, x as Dynamic, a as A, to);

/** A rule for layers, on what an operation reads; steps are examples of a TimeDistributed. */
function byRule(g: TfjsEmitter, rule: TfjsRule, x: Dynamic, c: CallOf["c"], weights: Slots<Rep>, to: Shape): Dynamic {
  const own = g.float(x);
  const constants = Object.values(weights).map((one) =>
    one === null ? null : one instanceof Constant ? one : g.refuse("a kernel that inputs change"),
  );
  const given = Object.fromEntries(
    Object.keys(weights).map((name, i) => [name, constants[i] === null ? undefined : g.form(constants[i]!)]),
  );
  const { value, lead } = own;
  const step = { ...value, shape: [value.shape[0]!, ...value.shape.slice(lead)] };
  const y = [value.shape[0]!, ...lengths(to).slice(1)];
  const of = { ...g.call(...constants), c, given, x: [step.shape], y: [y] };
  if (lead === 1) return { value: rule(g.w, of, [step])[0]!, lead };
  const before = g.w.isTimed;
  g.w.isTimed = true;
  try {
    const made = rule(g.w, of, [step])[0]!;
    return { value: { ...made, shape: [made.shape[0]!, value.shape[1]!, ...made.shape.slice(1)] }, lead };
  } finally {
    g.w.isTimed = before;
  }
}

const LINEAR: ActivationSpec = { fn: "linear" };
const layoutOf = ({ layout }: { readonly layout: string }): string =>
  layout === "first" ? "channels_first" : "channels_last";

export const conv: OperationRule = (g, { x, kernel, bias }, a: ConvAttrs, to) => {
  const shape = (kernel as Constant).shape ?? g.refuse("a kernel that inputs change");
  if (x instanceof Constant || x === null) return g.refuse("a constant in a convolution");
  let value = x as Dynamic;
  if (typeof a.padding !== "string") {
    const spatial = a.padding;
    const none = [0, 0] as const;
    const amounts = a.layout === "last" ? [none, ...spatial, none] : [none, none, ...spatial];
    value = movement.pad(g, value, { amounts, value: 0 }, to);
  }
  const c = {
    data_format: layoutOf(a),
    kernel_size: shape.slice(0, -2),
    strides: a.strides,
    dilation_rate: a.dilation,
    groups: a.groups,
    padding: typeof a.padding === "string" ? a.padding : "valid",
    filters: shape.at(-1)!,
    use_bias: bias !== null,
    activation: LINEAR,
  };
  return byRule(g, convolution, value, c, { kernel: kernel!, bias: bias! }, to);
};

export const convTranspose: OperationRule = (g, { x, kernel, bias }, a: ConvTransposeAttrs, to) => {
  const shape = (kernel as Constant).shape ?? g.refuse("a kernel that inputs change");
  if (x instanceof Constant || x === null) return g.refuse("a constant in a convolution");
  const c = {
    data_format: layoutOf(a),
    kernel_size: shape.slice(0, -2),
    strides: a.strides,
    dilation_rate: a.dilation,
    output_padding: a.outputPadding,
    padding: a.padding,
    filters: shape.at(-2)!,
    use_bias: bias !== null,
    activation: LINEAR,
  };
  const rank = (shape.length - 2) as 1 | 2 | 3;
  return byRule(g, transposed(rank), x as Dynamic, c, { kernel: kernel!, bias: bias! }, to);
};

export const pool = single<PoolAttrs>((g, x, a, to) => {
  const c = { data_format: layoutOf(a), pool_size: a.size, strides: a.strides, padding: a.padding };
  const className = `${a.fn === "max" ? "Max" : "Average"}Pooling${a.size.length}D`;
  return byRule(g, pooling(className), x, c, {}, to);
});

/** Over the last axis, where TensorFlow.js has it; several are put together. */
export const softmax = single<AttrsOf<"softmax">>((g, x, { axes }) => {
  const [axis, ...more] = axes.map((one) => g.axis(x, one < 0 ? one + g.rank(x) : one));
  if (axis === undefined) return g.refuse("no axis");
  const last = x.value.shape.length - 1;
  if (more.length === 0) return g.swapped(g.named("softmax", g.swapped(x, axis, last)), axis, last);
  const all = [axis, ...more];
  const kept = x.value.shape.map((_, i) => i).filter((i) => i > 0 && !all.includes(i));
  const order = [...kept, ...all];
  const moved = g.permute(x, order);
  const lengthsOf = moved.value.shape.slice(1);
  const inner = lengthsOf
    .slice(kept.length)
    .reduce<number>((n, length) => n * (length ?? g.refuse("an open length")), 1);
  const flat = g.named("softmax", g.reshape(moved, [...lengthsOf.slice(0, kept.length), inner]));
  return g.permute(
    g.reshape(flat, lengthsOf),
    order.map((_, i) => order.indexOf(i + 1) + 1),
  );
});

export const layerNorm: OperationRule = (g, { x, gamma, beta }, a: AttrsOf<"layerNorm">) => {
  const value = x as Dynamic;
  const { axes, epsilon } = a;
  const own = axes.map((axis) => g.axis(value, axis < 0 ? axis + g.rank(value) : axis)).toSorted((p, q) => p - q);
  const kept = value.value.shape.map((_, i) => i).filter((i) => i > 0 && !own.includes(i));
  const order = [...kept, ...own];
  const moved = g.permute(g.float(value), order);
  const shape = moved.value.shape.slice(1);
  const inner = shape.slice(kept.length).reduce<number>((n, length) => n * (length ?? g.refuse("an open length")), 1);
  // TensorFlow.js normalises up to four axes.
  const outer = shape.slice(0, kept.length);
  const rows =
    outer.length > 2 ? [outer.reduce((n, length) => (n === null || length === null ? null : n * length), 1)] : outer;
  const flat = g.reshape(moved, [...rows, inner]);
  const options = { axis: -1, epsilon, center: false, scale: false };
  const normal = g.layer("LayerNormalization", options, flat, flat.value.shape);
  const whole = g.permute(
    g.reshape(normal, shape),
    order.map((_, i) => order.indexOf(i + 1) + 1),
  );
  // Their elements lie along the sorted axes.
  const along = (p: Rep): Rep => {
    if (!(p instanceof Constant) || p.shape.length === g.rank(value)) return p;
    const lengthsOf = value.value.shape.map((_, i) => (own.includes(i) ? p.shape[own.indexOf(i)]! : 1));
    return folded("reshape", { x: p }, { shape: lengthsOf.slice(value.lead - 1) }, p.dtype);
  };
  const scaled = gamma === null ? whole : times(g, whole, along(gamma!));
  return beta === null ? scaled : plus(g, scaled, along(beta!));
};

export const activation = single<ActivationSpec>((g, x, spec) => ({
  value: activated(g.w, g.call(), "", spec, g.float(x).value),
  lead: x.lead,
}));

export const concat: OperationRule = (g, { xs }, { axis }: AttrsOf<"concat">, to) => {
  const values = xs as readonly Rep[];
  const dynamic = values.find((one) => !(one instanceof Constant)) as Dynamic;
  const parts = values.map((one, i) => {
    if (!(one instanceof Constant)) return one;
    const shape = to.with(axis, one.shape[axis - to.length + one.shape.length] ?? g.refuse("a constant")) as Shape;
    return movement.whole(g, one, shape, i >= 0 ? dynamic.lead : 1);
  });
  return movement.concatenated(g, parts, g.axis(dynamic, axis < 0 ? axis + to.length : axis));
};
