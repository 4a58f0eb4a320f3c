/**
 * What the pooling layers share. Source: keras/src/layers/pooling/base_pooling.py, base_global_pooling.py;
 * keras 1.2.2 and 2.1.3 keras/backend/theano_backend.py (`pool2d`, `pool3d`).
 */
import type { JsonObject } from "../../../codecs/json.ts";
import { listOf } from "../../../core/list.ts";
import { fail } from "../../../core/error.ts";
import { showShape } from "../../../core/tensor.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context, DialectDef, DialectInfo } from "../../define.ts";
import { bool, choice, type Config, dataFormat, ints, optional } from "../../fields.ts";
import { needRank, specRank } from "../../common/checks.ts";
import { dimOrdering, jsonNumbers, ranOnTheano } from "../../common/convolution-dialects.ts";
import { type DataFormat, layoutOf, type Rank, spatialAxes } from "../../common/spatial.ts";

/** `theano`: `same` as Theano pads it; `theano_counted`: averages count what was padded. Only in files of Keras 1 and 2. */
export const poolOptions = (rank: Rank) => ({
  pool_size: ints(rank, { min: 1, default: 2 }),
  strides: optional(ints(rank, { min: 1 })),
  padding: choice(["valid", "same"], "valid", ["theano", "theano_counted"]),
  data_format: dataFormat(),
});

type PoolConfig = Config<ReturnType<typeof poolOptions>>;

/** A window for each spatial axis of x: of one dimension, it is the same along all (`_get_sequence` of TensorFlow). */
function windowFor(window: readonly number[], x: Sym): readonly number[] {
  const spatial = x.shape.length - 2;
  if (window.length === spatial) return window;
  if (window.length !== 1 || spatial < 1 || spatial > 3) needRank(x, window.length + 2);
  return listOf(spatial, () => window[0]!);
}

/** The largest, or the mean, of each window; the mean leaves out what `same` pads. */
export function pool(cx: Context, fn: "max" | "average", x: Sym, c: PoolConfig): Sym {
  specRank(cx, x, c.pool_size.length + 2);
  const { padding } = c;
  const size = windowFor(c.pool_size, x);
  const strides = c.strides === null ? size : windowFor(c.strides, x);
  const attrs = { fn, layout: layoutOf(c.data_format), size, strides };
  if (padding === "valid" || padding === "same") return cx.op.pool(x, { ...attrs, padding });
  const axes = spatialAxes(c.data_format, x.shape.length);
  const amounts = x.shape.map((_, axis): readonly [number, number] => {
    const i = axes.indexOf(axis);
    return i < 0 ? [0, 0] : theanoPadding(size[i]!);
  });
  const over = (value: Sym, fill: number): Sym =>
    cx.op.pool(cx.op.pad(value, amounts, fill), { ...attrs, padding: "valid" });
  if (fn === "max") return over(x, -Infinity);
  if (padding === "theano_counted") return over(x, 0);
  const ones = cx.op.full(
    x.shape.map((_, axis) => cx.size(x, axis)),
    1,
    x.dtype,
  );
  return cx.op.divide(over(x, 0), over(ones, 0));
}

/** Theano pads both sides by the first number, and Keras cuts what is more than ceil(length / stride). */
export function theanoPadding(size: number): readonly [number, number] {
  const before = size > 2 && size % 2 === 1 ? size - 2 : size - 1;
  return [before, size - 1 - before];
}

const theano =
  (counted: boolean) =>
  (config: JsonObject, info: DialectInfo): void => {
    if (!ranOnTheano(info) || config.get("padding") !== "same") return;
    const sizes = jsonNumbers(config.get("pool_size"));
    const alike = jsonNumbers(config.get("strides")).every((s) => s === 1) && sizes.every((k) => k === 1 || k === 3);
    if (!counted && alike && config.get("strides") !== null) return;
    config.set("padding", counted ? "theano_counted" : "theano");
  };

/** Averages under Keras 2 on Theano count the padding, except in three dimensions. */
export const poolDialects = (rank: Rank, fn: "max" | "average"): { keras1: DialectDef; keras2: DialectDef } => ({
  keras1: {
    rename: {
      pool_length: "pool_size",
      stride: "strides",
      border_mode: "padding",
      dim_ordering: "data_format",
    },
    upgrade(config, info) {
      if (rank > 1) dimOrdering(config, info);
      theano(false)(config, info);
    },
  },
  keras2: { upgrade: theano(fn === "average" && rank < 3) },
});

/** data_format and keepdims, which leaves the spatial axes with length 1. */
export const globalPoolOptions = { data_format: dataFormat(), keepdims: bool(false) };

/** The axes that a global pooling folds. Throws where tf-keras knows beforehand that there is nothing along one. */
export function globalAxes(cx: Context, format: DataFormat, x: Sym, rank: Rank): readonly number[] {
  specRank(cx, x, rank + 2);
  const axes = spatialAxes(format, rank + 2);
  if (cx.semantics === "tf-keras" && axes.some((axis) => x.shape[axis] === 0))
    fail("mismatch/shape", { expected: "something along each axis", found: showShape(x.shape) });
  return axes;
}

/** Keras 1's name for data_format; its layers of one dimension have none. */
export const globalPoolDialects = (rank: Rank): { keras1: DialectDef } => ({
  keras1: {
    rename: { dim_ordering: "data_format" },
    upgrade(config, info) {
      if (rank > 1) dimOrdering(config, info);
    },
  },
});
