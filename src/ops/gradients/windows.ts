/** Gradients of what slides windows over spatial axes: convolutions, pooling, resizing. */
import type { Layout } from "../attributes.ts";
import type { OpContext } from "../builder.ts";
import { transposedWindow } from "../conv-transpose.ts";
import { tapsOf } from "../taps.ts";
import type { Sym } from "../types.ts";
import { type Slide, spatialOf, type Window, windowsOf } from "../window.ts";
import { type Gradient, knownLengths } from "./define.ts";
import { framed, spaced } from "./movement.ts";

const upTo = (n: number, first = 0): number[] => Array.from({ length: n }, (_, i) => first + i);
/** An axis along which nothing slides. */
const still = (length: number): Window => ({
  input: length,
  output: length,
  size: 1,
  stride: 1,
  dilation: 1,
  before: 0,
});

const firstSpatial = (layout: Layout): number => (layout === "first" ? 2 : 1);

/** [before, after] for the spatial axes, 0 for the others. */
const around = (
  x: Sym,
  layout: Layout,
  amounts: readonly (readonly [number, number])[],
): (readonly [number, number])[] => {
  const first = firstSpatial(layout);
  return x.shape.map((_, i) => amounts[i - first] ?? [0, 0]);
};

/** Input with `value` around it, or cut, so that a `valid` convolution over it has just the windows of `axes`. */
function fitted(cx: OpContext, x: Sym, layout: Layout, axes: readonly Window[], value = 0): Sym {
  const amounts = axes.map(({ input, output, size, stride, dilation, before }): [number, number] => {
    const reach = (output - 1) * stride + (size - 1) * dilation + 1;
    return [before, reach - input - before];
  });
  return framed(cx, x, around(x, layout, amounts), value);
}

const valid = (layout: Layout, axes: readonly Window[], groups: number) => ({
  layout,
  strides: axes.map(({ stride }) => stride),
  dilation: axes.map(({ dilation }) => dilation),
  groups,
  padding: "valid" as const,
});

/** [...spatial, C / groups, C'] → [...spatial, C' / groups, C], each group transposed. */
function swapped({ op }: OpContext, kernel: Sym, groups: number): Sym {
  const shape = knownLengths(kernel);
  const spatial = shape.slice(0, -2);
  const [own, all] = [shape.at(-2)!, shape.at(-1)!];
  const n = spatial.length;
  const split = op.reshape(kernel, [...spatial, own, groups, all / groups]);
  const order = [...upTo(n), n + 2, n + 1, n];
  return op.reshape(op.transpose(split, order), [...spatial, all / groups, groups * own]);
}

/** What reaches the inputs of windows: a convolution of `dy`, zeros between its elements, with the kernel turned around. */
function toInput(cx: OpContext, dy: Sym, kernel: Sym, layout: Layout, axes: readonly Window[], groups: number): Sym {
  const { op } = cx;
  const first = firstSpatial(layout);
  let apart = dy;
  axes.forEach(({ stride }, i) => (apart = spaced(cx, apart, first + i, stride)));
  const turned = op.reverse(swapped(cx, kernel, groups), upTo(axes.length));
  const amounts = axes.map(({ input, size, dilation, before }, i): [number, number] => {
    const reach = (size - 1) * dilation;
    return [reach - before, input + before - knownLengths(apart)[first + i]!];
  });
  const one = axes.map((axis) => ({ ...axis, stride: 1 }));
  const cut = amounts.map(([before, after]): [number, number] => [Math.min(before, 0), Math.min(after, 0)]);
  const padding = amounts.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]);
  return op.conv(framed(cx, apart, around(dy, layout, cut)), turned, null, { ...valid(layout, one, groups), padding });
}

/** Channels last. */
const last = ({ op }: OpContext, x: Sym, layout: Layout): Sym =>
  layout === "last" ? x : op.transpose(x, [0, ...upTo(x.shape.length - 2, 2), 1]);

/**
 * What reaches the kernel[...size, C / groups, C']: one product of as many rows as the last axis of the kernel has with its
 * channels, over windows of the other axes; what is summed, batch and last axis, stands in the place of the channels.
 */
function toKernel(cx: OpContext, x: Sym, dy: Sym, layout: Layout, axes: readonly Window[], groups: number): Sym {
  const { op } = cx;
  const source = fitted(cx, last(cx, x, layout), "last", axes);
  const target = last(cx, dy, layout);
  const [batch, ...rest] = knownLengths(source) as [number, ...number[]];
  const own = rest.at(-1)! / groups;
  const n = axes.length - 1;
  const outer = rest.slice(0, n);
  const { size, stride, dilation, output } = axes[n]!;
  const order = [...upTo(n, 1), n + 3, n + 2, 0, n + 1];
  const taps = upTo(size).map((tap) => {
    const start = tap * dilation;
    const met = op.slice(source, [{ axis: n + 1, start, stop: start + (output - 1) * stride + 1, step: stride }]);
    const rows = op.transpose(op.reshape(met, [batch, ...outer, output, groups, own]), order);
    return op.reshape(rows, [1, ...outer, own, groups * batch * output]);
  });
  const met = op.transpose(target, [...upTo(n, 1), 0, n + 1, n + 2]);
  const kernel = op.reshape(met, [
    ...upTo(n).map((i) => axes[i]!.output),
    1,
    batch * output,
    knownLengths(target).at(-1)!,
  ]);
  const turned = axes.map((axis, i) =>
    i === n
      ? still(size * own)
      : { ...axis, output: axis.size, size: axis.output, stride: axis.dilation, dilation: axis.stride },
  );
  const made = op.conv(op.concat(taps, n + 1), kernel, null, valid("last", turned, groups));
  return op.reshape(made, [...axes.map((axis) => axis.size), own, knownLengths(target).at(-1)!]);
}

const biasOf = ({ op }: OpContext, dy: Sym, layout: Layout): Sym => {
  const channels = layout === "first" ? 1 : dy.shape.length - 1;
  return op.sum(
    dy,
    dy.shape.flatMap((_, i) => (i === channels ? [] : [i])),
  );
};

function axesOf(x: Sym, layout: Layout, slide: Slide): readonly Window[] {
  const spatial = spatialOf(knownLengths(x), layout);
  return windowsOf(spatial, slide).slice(3 - spatial.length);
}

const conv: Gradient<"conv"> = (cx, { x: { x, kernel, bias }, dy, attrs }) => {
  const axes = axesOf(x, attrs.layout, { ...attrs, size: knownLengths(kernel).slice(0, -2) });
  return {
    x: toInput(cx, dy, kernel, attrs.layout, axes, attrs.groups),
    kernel: toKernel(cx, x, dy, attrs.layout, axes, attrs.groups),
    bias: bias && biasOf(cx, dy, attrs.layout),
  };
};

const convTranspose: Gradient<"convTranspose"> = (cx, { x: { x, kernel, bias }, dy, attrs }) => {
  const { layout } = attrs;
  // The windows of a convolution from the output back to the input.
  const axes = spatialOf(knownLengths(x), layout).map((length, i): Window => {
    const { input, output, ...window } = transposedWindow(attrs, i, length, knownLengths(kernel)[i]!);
    return { ...window, input: output, output: input };
  });
  return {
    x: cx.op.conv(fitted(cx, dy, layout, axes), kernel, null, valid(layout, axes, 1)),
    kernel: toKernel(cx, dy, x, layout, axes, 1),
    bias: bias && biasOf(cx, dy, layout),
  };
};

/** Every window's element `tap`, where x has been fitted. */
const tapOf = ({ op }: OpContext, x: Sym, layout: Layout, axes: readonly Window[], tap: readonly number[]): Sym =>
  op.slice(
    x,
    axes.map(({ stride, output }, i) => ({
      axis: firstSpatial(layout) + i,
      start: tap[i]!,
      stop: tap[i]! + (output - 1) * stride + 1,
      step: stride,
    })),
  );

/** What each tap of windows gives. */
type Parts = readonly (readonly [Sym, readonly number[]])[];

/** What taps of windows side by side give to the elements of their input: each element is in one window at most. */
function interleaved(cx: OpContext, parts: Parts, x: Sym, layout: Layout, axes: readonly Window[]): Sym {
  const { op } = cx;
  const first = firstSpatial(layout);
  /** Of the taps that start with `tap`, brought together along the axes behind it. */
  const joined = (some: Parts, i: number): Sym => {
    if (i === axes.length) return some[0]![0];
    const at = first + i;
    const each = upTo(axes[i]!.size).map((t) => joined(some.filter(([, tap]) => tap[i] === t), i + 1)); // prettier-ignore
    if (each.length === 1) return each[0]!;
    const shape = knownLengths(each[0]!);
    const apart = [...shape.slice(0, at + 1), 1, ...shape.slice(at + 1)];
    const rows = op.concat(
      each.map((part) => op.reshape(part, apart)),
      at + 1,
    );
    return op.reshape(rows, [...shape.slice(0, at), shape[at]! * each.length, ...shape.slice(at + 1)]);
  };
  const amounts = axes.map(({ input, output, size, before }): [number, number] => [
    -before,
    input + before - output * size,
  ]);
  return framed(cx, joined(parts, 0), around(x, layout, amounts));
}

/** Adds up what each tap of windows gives to the elements of their input. */
function spread(cx: OpContext, parts: Parts, x: Sym, layout: Layout, axes: readonly Window[]): Sym {
  if (axes.every(({ size, stride }) => size === stride)) return interleaved(cx, parts, x, layout, axes);
  const { op } = cx;
  const first = firstSpatial(layout);
  return parts
    .map(([part, tap]) => {
      let apart = part;
      axes.forEach(({ stride }, i) => (apart = spaced(cx, apart, first + i, stride)));
      const amounts = axes.map(({ input, before }, i): [number, number] => {
        const start = tap[i]! - before;
        return [start, input - start - knownLengths(apart)[first + i]!];
      });
      return framed(cx, apart, around(x, layout, amounts));
    })
    .reduce((a, b) => op.add(a, b));
}

/** Along one axis after the other: each window gives its elements equal parts of what it gets. */
function averaged(cx: OpContext, x: Sym, dy: Sym, layout: Layout, axes: readonly Window[]): Sym {
  const { op } = cx;
  const first = firstSpatial(layout);
  return axes.reduce((grown, axis, i) => {
    const counts = upTo(axis.output).map((k) => {
      const start = k * axis.stride - axis.before;
      return Math.min(start + axis.size, axis.input) - Math.max(start, 0);
    });
    const shape = x.shape.map((_, k) => (k === first + i ? axis.output : 1));
    const part = op.divide(grown, op.array(counts, shape, x.dtype));
    const alone = axes.map((other, k) => (k === i ? other : still(knownLengths(grown)[first + k]!)));
    const taps = upTo(axis.size).map((t) => [part, axes.map((_, k) => (k === i ? t : 0))] as const);
    return spread(cx, taps, x, layout, alone);
  }, dy);
}

/** The first of a window's largest elements has it all, as in TensorFlow. */
function largest(
  cx: OpContext,
  { x, y, dy }: { x: Sym; y: Sym; dy: Sym },
  layout: Layout,
  axes: readonly Window[],
): Sym {
  const { op } = cx;
  const inside = fitted(cx, x, layout, axes, -Infinity);
  const taps = axes.reduce<number[][]>(
    (all, { size }) => all.flatMap((tap) => upTo(size).map((t) => [...tap, t])),
    [[]],
  );
  let free: Sym | null = null;
  const parts = taps.map((tap) => {
    const hit = op.equal(tapOf(cx, inside, layout, axes, tap), y);
    const mine = free === null ? hit : op.logicalAnd(hit, free);
    free = free === null ? op.logicalNot(hit) : op.logicalAnd(free, op.logicalNot(hit));
    return [op.where(mine, dy, 0), tap] as const;
  });
  return spread(cx, parts, x, layout, axes);
}

const pool: Gradient<"pool"> = (cx, { x: { x }, y, dy, attrs }) => {
  const axes = axesOf(x, attrs.layout, { ...attrs, dilation: attrs.size.map(() => 1) });
  return {
    x: attrs.fn === "average" ? averaged(cx, x, dy, attrs.layout, axes) : largest(cx, { x, y, dy }, attrs.layout, axes),
  };
};

/** Along one axis after the other, a product with the transposed matrix of weights. */
const resize: Gradient<"resize"> = (cx, { x: { x }, dy, attrs }) => {
  const { op } = cx;
  const spatial = spatialOf(knownLengths(x), attrs.layout) as readonly number[];
  return {
    x: spatial.reduce((left, length, i) => {
      const axis = firstSpatial(attrs.layout) + i;
      const shape = knownLengths(left);
      const { count, index, weight } = tapsOf(attrs, spatial, i);
      const matrix = new Array<number>(shape[axis]! * length).fill(0);
      index.forEach((at, k) => (matrix[Math.floor(k / count) * length + at]! += weight[k]!));
      const rows = op.reshape(left, [-1, shape[axis]!, shape.slice(axis + 1).reduce((a, b) => a * b, 1)]);
      const made = op.matmul(op.array(matrix, [shape[axis]!, length], x.dtype), rows, { transposeA: true });
      return op.reshape(
        made,
        shape.map((n, k) => (k === axis ? length : n)),
      );
    }, dy),
  };
};

/** Gradients of the operations with windows. */
export const windows = { conv, convTranspose, pool, resize };
