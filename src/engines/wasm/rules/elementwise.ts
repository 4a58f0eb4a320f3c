/** Element-wise chains: operands broadcast to the output by strides of 0. */
import { sizeOf } from "../../../core/tensor.ts";
import { broadcastStrides, stridesOf } from "../../../ops/strided.ts";
import { elementwise, isVector, moved, type Program, turns } from "../kernels/elementwise.ts";
import { collapsed, nestWords, type KernelWalk, withoutLast } from "../kernels/nest.ts";
import { widthOf } from "../kernels/storage.ts";
import type { ChainSite } from "../kernels/types.ts";
import { runWalk } from "./walk.ts";

/** Plans a chain. */
export function elementwiseRule(site: ChainSite): void {
  const out = site.out.y;
  const { xs } = site.in;
  const widths = [...xs, out].map(({ dtype }) => widthOf(dtype));
  const strides = [...xs.map(({ shape }) => broadcastStrides(shape, out.shape)), stridesOf(out.shape)];
  const axes = collapsed({
    lengths: out.shape,
    strides: strides.map((list, i) => list.map((stride) => stride * widths[i]!)),
  });
  const last = axes.lengths.length - 1;
  const moves = (i: number) => (axes.strides[i]![last] !== 0 ? "each" : axes.strides[i]!.every((s) => s === 0) ? "once" : "row"); // prettier-ignore
  const program: Program = {
    inputs: xs.map(({ dtype }, i) => ({ dtype, moves: moves(i) })),
    steps: site.steps,
    outer: last,
  };
  const vector = isVector(
    program.inputs.map(({ dtype }) => dtype),
    program.steps,
  );
  const walk: KernelWalk = {
    kernel: elementwise(program),
    axes,
    places: [...xs, out].map((x) => x.place()),
    // What a part writes past its end, the next one writes again.
    args(places, part) {
      const length = part.lengths[last]!;
      const inner = widths.map((width, i) => moved(length, width, vector, i === xs.length || moves(i) === "each"));
      return [...places, turns(length, vector), ...nestWords(withoutLast(part), inner)];
    },
  };
  runWalk(site, walk, (sizeOf(out.shape) * program.steps.length) / (vector ? 4 : 1));
}
