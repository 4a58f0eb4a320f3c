/**
 * Zero padding and cropping of spatial axes.
 * Source: keras/src/layers/reshaping/zero_padding2d.py, cropping2d.py; keras 1.2.2 keras/layers/convolutional.py.
 */
import { fail } from "../../../core/error.ts";
import { JsonNumber, type JsonNode } from "../../../codecs/json.ts";
import { showShape } from "../../../core/tensor.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context, DialectDef } from "../../define.ts";
import { needRank, specRank } from "../../common/checks.ts";
import { dimOrdering } from "../../common/convolution-dialects.ts";
import { type DataFormat, type Rank, spatialAxes } from "../../common/spatial.ts";

type Pairs = readonly (readonly [number, number])[];

/** [before, after] zeros around each spatial axis. */
export function zeroPad(cx: Context, x: Sym, padding: Pairs, format: DataFormat): Sym {
  needRank(x, padding.length + 2);
  const axes = spatialAxes(format, x.shape.length);
  return cx.op.pad(
    x,
    x.shape.map((_, axis) => padding[axes.indexOf(axis)] ?? [0, 0]),
  );
}

/** Cuts [before, after] off each spatial axis; in tf-keras's three dimensions also all of it. */
export function crop(cx: Context, x: Sym, cropping: Pairs, format: DataFormat): Sym {
  specRank(cx, x, cropping.length + 2);
  const axes = spatialAxes(format, cropping.length + 2);
  const ranges = axes.map((axis, i) => {
    const [start, end] = cropping[i]!;
    const length = x.shape[axis] ?? null;
    const leavesSome = cx.semantics !== "tf-keras" || axes.length < 3;
    if (leavesSome && length !== null && start + end >= length)
      fail("mismatch/shape", { expected: `more than ${start + end} along axis ${axis}`, found: showShape(x.shape) });
    return { axis, start, stop: end === 0 ? null : -end, step: 1 };
  });
  return cx.op.slice(x, ranges);
}

/** Four numbers in a row, or a record with a key for each side, as Keras 1 has them. */
function sides(node: JsonNode | undefined, keys: readonly string[]): JsonNode | undefined {
  const flat =
    node instanceof Map ? keys.map((key) => node.get(key) ?? JsonNumber.of(0)) : Array.isArray(node) ? node : [];
  if (flat.length !== keys.length || (keys.length === 2 && !(node instanceof Map))) return undefined;
  return keys.length === 2 ? flat : [flat.slice(0, 2), flat.slice(2)];
}

const SIDES: readonly (readonly string[])[] = [
  [],
  ["left_pad", "right_pad"],
  ["top_pad", "bottom_pad", "left_pad", "right_pad"],
];

/** Keras 1's name for data_format, and its ways to write the amounts of each side. */
export const paddingDialects = (rank: Rank): { keras1: DialectDef } => ({
  keras1: {
    rename: { dim_ordering: "data_format" },
    upgrade(config, info) {
      if (rank > 1) dimOrdering(config, info);
      const padding = sides(config.get("padding"), SIDES[rank] ?? []);
      if (padding !== undefined) config.set("padding", padding);
    },
  },
});
