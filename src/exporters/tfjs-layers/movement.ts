/** Elements put elsewhere, and many made one. */
import { sizeOf } from "../../core/tensor.ts";
import type { SliceRange } from "../../ops/attributes.ts";
import type { AttrsOf, OpName } from "../../ops/signatures.ts";
import { MOST } from "../../ops/dtypes.ts";
import { tapsOf } from "../../ops/taps.ts";
import type { Shape } from "../../ops/types.ts";
import { Constant } from "./constants.ts";
import { type Dynamic, type TfjsEmitter, filled, type Rep } from "./emitter.ts";
import { formed, type Lengths } from "./writer.ts";

const product = (shape: Lengths): number | null =>
  shape.reduce<number | null>((n, length) => (n === null || length === null ? null : n * length), 1);
const opens = (shape: Lengths): number => shape.filter((n) => n === null).length;
/** As many elements, where one length is open as often. */
const alike = (a: Lengths, b: Lengths): boolean =>
  opens(a) === opens(b) && opens(a) <= 1 && sizeOf(a.map((n) => n ?? 1)) === sizeOf(b.map((n) => n ?? 1));

/** Into another shape, the batch first; batch and time may become one axis, and two again. */
export function shaped(g: TfjsEmitter, x: Dynamic, to: Shape): Dynamic {
  const own = x.value.shape;
  if (x.lead === 1) {
    if (to.length > 0 && alike(own.slice(1), to.slice(1))) return g.reshape(x, to.slice(1));
    const inner = product(own.slice(2));
    if (own.length > 1 && to.length > 0 && inner !== null && inner === product(to.slice(1)))
      return g.reshape(x, [own[1]!, ...to.slice(1)], 2);
  } else {
    if (to.length > 0 && alike(own.slice(2), to.slice(1))) return g.reshape(x, [own[1]!, ...to.slice(1)]);
    if (to.length > 1 && to[1] === own[1] && alike(own.slice(2), to.slice(2))) return g.reshape(x, to.slice(1), 1);
    const steps = own[1] ?? null;
    const [inner, part] = [to[1] ?? null, product(own.slice(2))];
    if (inner !== null && steps !== null && steps % inner === 0 && part !== null && part === product(to.slice(2)))
      return g.reshape(x, [steps / inner, ...to.slice(1)]);
    const more = product(own.slice(3));
    if (steps !== null && typeof own[2] === "number" && more !== null && more === product(to.slice(1)))
      return g.reshape(x, [steps * own[2], ...to.slice(1)]);
  }
  return g.refuse("elements of several examples in one");
}

function indices({ start, stop, step }: SliceRange, n: number): number[] {
  const number = (size: SliceRange["start"], otherwise: number): number => {
    if (size === null) return otherwise;
    if (typeof size !== "number") return NaN;
    return size < 0 ? Math.max(size + n, step > 0 ? 0 : -1) : Math.min(size, step > 0 ? n : n - 1);
  };
  const [from, to] = step > 0 ? [number(start, 0), number(stop, n)] : [number(start, n - 1), number(stop, -1)];
  const found: number[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) found.push(at);
  return found;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const lengthAt = (g: TfjsEmitter, x: Dynamic, axis: number): number =>
  x.value.shape[axis] ?? g.refuse("an open length");

/** Some axes of the written value behind the others, as one: [B, …kept, n]. */
function gathered(
  g: TfjsEmitter,
  x: Dynamic,
  axes: readonly number[],
): { flat: Dynamic; kept: Lengths; n: number | null } {
  const kept = range(x.value.shape.length).filter((axis) => axis > 0 && !axes.includes(axis));
  const moved = g.permute(x, [...kept, ...axes]);
  const lengths = moved.value.shape.slice(1);
  const n = product(lengths.slice(kept.length));
  const shape = lengths.slice(0, kept.length);
  if (axes.length === 1) return { flat: moved, kept: shape, n };
  return { flat: g.reshape(moved, [...shape, n]), kept: shape, n };
}

function spread(
  g: TfjsEmitter,
  y: Dynamic,
  x: Dynamic,
  axes: readonly number[],
  kept: Lengths,
  keepdims: boolean,
): Dynamic {
  const ones = x.value.shape.slice(1).map((n, i) => (axes.includes(i + 1) ? 1 : n));
  return g.reshape(y, keepdims ? ones : kept);
}

type Fold = { readonly axes: readonly number[]; readonly keepdims: boolean };

function placed(g: TfjsEmitter, x: Dynamic, axes: readonly number[]): readonly number[] {
  return axes.map((axis) => g.axis(x, axis < 0 ? axis + g.rank(x) : axis));
}

/** Sums over axes: products with ones. */
export function sum(g: TfjsEmitter, x: Dynamic, { axes, keepdims }: Fold): Dynamic {
  const own = placed(g, x, axes);
  if (own.length === 0) return x;
  const { flat, kept, n } = gathered(g, x, own);
  if (n === null) {
    const inner = product(kept);
    const rows = g.swapped(g.reshape(flat, [inner, null]), 1, 2);
    const ones = g.dense(
      rows,
      filled([inner ?? g.refuse("an open length"), 1], () => {}),
      filled([1], (data) => data.fill(1)),
    );
    return spread(g, g.dot(ones, rows, [1, 1]), x, own, kept, keepdims);
  }
  return spread(
    g,
    g.dense(
      flat,
      filled([n, 1], (data) => data.fill(1)),
    ),
    x,
    own,
    kept,
    keepdims,
  );
}

/** By the layers that pool over all of [B, n, rest]. */
const pooled =
  (className: "GlobalAveragePooling1D" | "GlobalMaxPooling1D") =>
  (g: TfjsEmitter, x: Dynamic, { axes, keepdims }: Fold): Dynamic => {
    const own = placed(g, x, axes);
    if (own.length === 0) return x;
    const rest = range(x.value.shape.length).filter((axis) => axis > 0 && !own.includes(axis));
    const moved = g.permute(g.float(x), [...own, ...rest]);
    const lengths = moved.value.shape.slice(1);
    const [n, inner] = [product(lengths.slice(0, own.length)), product(lengths.slice(own.length))];
    const flat = g.reshape(moved, [n, inner]);
    const y = g.layer(className, {}, flat, [flat.value.shape[0]!, inner]);
    return spread(g, y, x, own, lengths.slice(own.length), keepdims);
  };

export const mean = pooled("GlobalAveragePooling1D");
export const max = pooled("GlobalMaxPooling1D");
export const min = (g: TfjsEmitter, x: Dynamic, a: Fold): Dynamic => g.scale(max(g, g.scale(x, -1), a), -1);

/** n - max over i of (n - i) where an element is the largest: the first of equals. */
export function argmax(g: TfjsEmitter, x: Dynamic, axis: number, keepdims: boolean, isWhole: boolean): Dynamic {
  const at = g.axis(x, axis);
  const n = lengthAt(g, x, at);
  const largest = max(g, x, { axes: [axis], keepdims: true });
  const below = g.named("relu", g.sign(g.join("Add", largest, g.scale(x, -1)), isWhole));
  const isLargest = g.scale(below, -1, 1);
  const weights = filled([n, n], (data) => range(n).forEach((i) => (data[i * n + i] = n - i)));
  const found = max(g, g.linear(isLargest, at, weights), { axes: [axis], keepdims });
  return g.scale(found, -1, n);
}

/** Axis by axis. */
export function resize(g: TfjsEmitter, x: Dynamic, attrs: AttrsOf<"resize">): Dynamic {
  const first = attrs.layout === "last" ? 1 : 2;
  const axes = attrs.to.map((_, i) => g.axis(x, first + i));
  const from = axes.map((axis) => lengthAt(g, x, axis));
  if (attrs.to.some((to) => typeof to !== "number")) return g.refuse("an open length");
  return axes.reduce<Dynamic>((y, axis, i) => {
    const { count, index, weight } = tapsOf(attrs, from, i);
    const to = index.length / count;
    const kernel = filled([from[i]!, to], (data) =>
      index.forEach((at, k) => (data[at * to + Math.floor(k / count)]! += weight[k]!)),
    );
    return g.linear(y, axis, kernel);
  }, x);
}

/** Each element, or its place, goes to the place that the number of those before it tells. */
const ordering =
  (places: boolean): Mover<"sort"> =>
  (g, x, { axis: given, descending }) => {
    const axis = g.axis(x, given);
    const n = lengthAt(g, x, axis);
    if (n > MOST_SORTED) return g.refuse(`more than ${MOST_SORTED} elements to be sorted`);
    const last = x.value.shape.length - 1;
    // Infinities are the largest numbers here: their differences, and their products with zero, would be NaN.
    const upTo = (y: Dynamic): Dynamic => g.layer("ReLU", { max_value: MOST["float32"]! }, y, y.value.shape);
    const float = g.float(x);
    const finite = g.join("Add", upTo(float), g.scale(upTo(g.scale(float, -1)), -1));
    const moved = g.swapped(finite, axis, last);
    const rest = moved.value.shape.slice(1, -1);
    const inner = product(rest);
    const flat = g.reshape(moved, [inner, n]);
    const [a, b] = [g.reshape(flat, [inner, n, 1]), g.reshape(flat, [inner, 1, n])];
    const sign = g.sign(g.join("Add", b, g.scale(a, -1)), false);
    const ahead = g.named("relu", descending ? sign : g.scale(sign, -1));
    const equal = g.scale(g.join("Multiply", sign, sign), -1, 1);
    const earlier = constant([n, n], (i, j) => Number(j < i));
    const before = g.join("Add", ahead, g.join("Multiply", equal, g.solid(earlier, 4)));
    const ones = filled([n, 1], (data) => data.fill(1));
    const place = g.dense(before, ones);
    const off = g.sign(g.join("Add", place, g.solid(constant([1, n], (_, j) => -j), 4)), true); // prettier-ignore
    const chosen = g.scale(g.join("Multiply", off, off), -1, 1);
    const own = places ? g.solid(constant([n, 1], (i) => i), 4) : a; // prettier-ignore
    const all = g.permute(g.join("Multiply", own, chosen), [1, 3, 2]);
    return g.swapped(g.reshape(g.dense(all, ones), [...rest, n], x.lead), axis, last);
  };
export const sort = ordering(false);
export const argsort = ordering(true);

const MOST_SORTED = 64;

function constant([rows, columns]: readonly [number, number], at: (i: number, j: number) => number): Constant {
  const shape = [rows, columns];
  const data = Float64Array.from({ length: rows * columns }, (_, k) => at(Math.floor(k / columns), k % columns));
  return new Constant(shape, "float32", null, async () => ({ shape, data }));
}

type Mover<N extends OpName> = (g: TfjsEmitter, x: Dynamic, a: AttrsOf<N>, to: Shape) => Dynamic;

export const slice: Mover<"slice"> = (g, x, { ranges }) =>
  ranges.reduce<Dynamic>((y, given) => {
    if (given.start === null && given.stop === null && given.step === 1) return y;
    const axis = g.axis(y, given.axis);
    const n = y.value.shape[axis] ?? null;
    if (n === null && given.start === 0 && given.stop === null && given.step === 1) return y;
    return g.pick(y, axis, indices(given, lengthAt(g, y, axis)));
  }, x);

export const reverse: Mover<"reverse"> = (g, x, { axes }) =>
  axes.reduce<Dynamic>((y, given) => {
    const axis = g.axis(y, given);
    return g.pick(y, axis, range(lengthAt(g, y, axis)).toReversed());
  }, x);

export const repeat: Mover<"repeat"> = (g, x, { axis: given, times }) => {
  const axis = g.axis(x, given);
  return g.pick(
    x,
    axis,
    range(lengthAt(g, x, axis) * times).map((i) => Math.floor(i / times)),
  );
};

export const tile: Mover<"tile"> = (g, x, { repeats }) => {
  if (repeats.length > g.rank(x)) return g.refuse("a new first axis");
  const missing = g.rank(x) - repeats.length;
  return repeats.reduce<Dynamic>((y, times, i) => {
    if (times === 1) return y;
    const axis = g.axis(y, i + missing);
    const n = lengthAt(g, y, axis);
    return g.pick(
      y,
      axis,
      range(n * times).map((at) => at % n),
    );
  }, x);
};

export const pad: Mover<"pad"> = (g, x, { amounts, value }) =>
  amounts.reduce<Dynamic>((y, [before, after], i) => {
    if (before === 0 && after === 0) return y;
    if (!Number.isFinite(value)) return g.refuse("a number that is not finite");
    const axis = g.axis(y, i);
    const n = lengthAt(g, y, axis);
    const none = (count: number): number[] => Array.from({ length: count }, () => -1);
    return g.pick(y, axis, [...none(before), ...range(n), ...none(after)], value);
  }, x);

export const broadcastTo: Mover<"broadcastTo"> = (g, x, _, to) => {
  if (to.length !== g.rank(x)) return g.refuse("a new first axis");
  return to.reduce<Dynamic>((y, n, i) => {
    if (i === 0) return y;
    const axis = g.axis(y, i);
    if (y.value.shape[axis] === n) return y;
    return n === null
      ? g.refuse("an open length")
      : g.pick(
          y,
          axis,
          Array.from({ length: n }, () => 0),
        );
  }, x);
};

export const transpose: Mover<"transpose"> = (g, x, { perm }) => {
  if (perm[0] !== 0) return g.refuse("the batch behind another axis");
  const own = perm.slice(1).map((axis) => axis + x.lead - 1);
  return g.permute(x, x.lead === 1 ? own : [1, ...own]);
};

export const cumsum: Mover<"cumsum"> = (g, x, { axis: given, reverse: back }) => {
  const axis = g.axis(x, given);
  const n = lengthAt(g, x, axis);
  const kernel = filled([n, n], (data) => {
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) data[i * n + j] = Number(back ? i >= j : i <= j);
  });
  return g.linear(x, axis, kernel);
};

/** Rows of a table by numbers, or elements of an axis at places that are known. */
export function gather(g: TfjsEmitter, table: Rep, at: Rep, axis: number): Dynamic {
  if (table instanceof Constant && !(at instanceof Constant)) {
    if (axis !== 0) return g.refuse("TensorFlow.js looks up along the first axis");
    const [rows, ...row] = table.shape as readonly [number, ...number[]];
    const size = sizeOf(row);
    const options = { input_dim: rows, output_dim: size, mask_zero: false };
    const form = g.form(table);
    const embeddings = formed(form, [rows, size], (value) => ({ ...value, shape: [rows, size] }));
    const { value, lead } = at;
    const y = {
      value: g.w.one(g.call(table), "", "Embedding", options, value, [...value.shape, size], { embeddings }),
      lead,
    };
    const { whole: _, ...found } = y.value;
    return g.reshape({ value: found, lead }, [...value.shape.slice(1), ...row]);
  }
  if (table instanceof Constant || !(at instanceof Constant) || at.shape.length > 1)
    return g.refuse("places that inputs tell, in what they change");
  const own = g.axis(table, axis);
  const [n, count] = [lengthAt(g, table, own), sizeOf(at.shape)];
  const kernel = {
    shape: [n, count],
    async read() {
      const data = new Float32Array(n * count);
      (await at.compute()).data.forEach((place, i) => (data[place * count + i] = 1));
      return { dtype: "float32" as const, shape: [n, count], data };
    },
  };
  const y = g.linear(table, own, kernel, undefined, at);
  if (at.shape.length === 1) return y;
  return g.reshape(y, y.value.shape.slice(1).toSpliced(own - 1, 1));
}

/** Products of rows and columns. */
export function matmul(g: TfjsEmitter, a: Rep, b: Rep, { transposeA, transposeB }: AttrsOf<"matmul">): Dynamic {
  const matrix = (x: Constant): boolean => x.shape.length === 2 || x.shape.slice(0, -2).every((n) => n === 1);
  const form = (x: Constant, turned: boolean) => {
    if (!matrix(x) || x.shape.length < 2) return g.refuse("a constant of several matrices");
    const [rows, columns] = x.shape.slice(-2) as [number, number];
    const plain = formed(g.form(x), [rows, columns], (value) => ({ ...value, shape: [rows, columns] }));
    if (!turned) return plain;
    return formed(plain, [columns, rows], ({ dtype, data }) => {
      const to = new Float32Array(data.length);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) to[j * rows + i] = (data as Float32Array)[i * columns + j]!;
      return { dtype, shape: [columns, rows], data: to } as never;
    });
  };
  const turned = (x: Dynamic, is: boolean): Dynamic => {
    const last = x.value.shape.length - 1;
    return is ? g.swapped(x, last - 1, last) : x;
  };
  if (!(a instanceof Constant) && b instanceof Constant)
    return g.dense(turned(a, transposeA), form(b, transposeB), undefined, b);
  if (a instanceof Constant && !(b instanceof Constant)) {
    if (g.rank(b) < 3) return g.refuse("the batch as a column");
    return turned(g.dense(turned(b, !transposeB), form(a, !transposeA), undefined, a), true);
  }
  const [p, q] = [a as Dynamic, b as Dynamic];
  if (p.lead !== 1 || q.lead !== 1 || g.rank(p) !== g.rank(q) || g.rank(p) < 3) return g.refuse("such a product");
  return products(g, turned(p, transposeA), turned(q, transposeB));
}

/** x[B, …, m, k] · y[B, …, k, n], one after the other where there are several. */
function products(g: TfjsEmitter, p: Dynamic, q: Dynamic): Dynamic {
  const [x, y] = [g.float(p), g.float(q)];
  const [a, b] = [x.value.shape, y.value.shape];
  const [outer, other] = [a.slice(1, -2), b.slice(1, -2)];
  const [m, k, n] = [a.at(-2)!, a.at(-1)!, b.at(-1)!];
  if (outer.length === 0) return g.dot(x, y, [2, 1]);
  const count = product(outer);
  if (count === null || outer.join() !== other.join() || count > 64) return g.refuse("products of many matrices");
  const [rows, columns] = [g.reshape(x, [count, m, k]), g.reshape(y, [count, k, n])];
  const at = (value: Dynamic, i: number): Dynamic => {
    const cut = g.pick(value, 1, [i]);
    return g.reshape(cut, cut.value.shape.slice(2));
  };
  const parts = range(count).map((i) => {
    return g.reshape(g.dot(at(rows, i), at(columns, i), [2, 1]), [1, m, n]);
  });
  return g.reshape(concatenated(g, parts, 1), [...outer, m, n]);
}

/** Along an axis of the written values. */
export function concatenated(g: TfjsEmitter, given: readonly Dynamic[], axis: number): Dynamic {
  const parts = given.map((part) => g.float(part));
  const [first] = parts;
  if (parts.length === 1) return first!;
  const total = parts.reduce<number | null>((n, { value }) => {
    const length = value.shape[axis]!;
    return n === null || length === null ? null : n + length;
  }, 0);
  const shape = first!.value.shape.with(axis, total);
  if (parts.some(({ lead }) => lead !== first!.lead)) return g.refuse("values of several ranks");
  const values = parts.map(({ value }) => value);
  return { value: g.w.call(g.call(), "", "Concatenate", { axis }, values, [shape])[0]!, lead: first!.lead };
}

/** A constant in its whole shape, beside values. */
export function whole(g: TfjsEmitter, x: Rep, shape: Shape, lead: 1 | 2): Dynamic {
  if (!(x instanceof Constant)) return x;
  const solid = g.solid(x, shape.length, lead);
  return lead === 1 ? broadcastTo(g, solid, { shape: [] }, shape) : g.refuse("a constant beside steps");
}
