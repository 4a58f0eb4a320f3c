/** Element-wise chains: operands broadcast to the output by strides of 0. */
import { sizeOf } from "../../../core/tensor.ts";
import type { DType } from "../../../core/dtype.ts";
import { broadcastStrides } from "../../../ops/strided.ts";
import { elementwise, isVector, moved, type Program, type ScalarLoop, turns } from "../kernels/elementwise.ts";
import { collapsed, nestWords, type KernelWalk, withoutLast } from "../kernels/nest.ts";
import { widthOf } from "../kernels/storage.ts";
import type { ChainSite, NodeInput, Output, Place, ProgramStep } from "../kernels/types.ts";
import { runWalk } from "./walk.ts";

/** What a chain reads or makes: where, and bytes from an index to the next along each axis. */
export interface ChainOperand {
  readonly dtype: DType;
  readonly place: Place;
  readonly strides: readonly number[];
}

/** A chain over the indices of some axes; the last operand is what it makes. `scalars`: for what is no vector. */
export function chainWalk(
  steps: readonly ProgramStep[],
  lengths: readonly number[],
  operands: readonly ChainOperand[],
  scalars: () => ScalarLoop,
): KernelWalk {
  const xs = operands.slice(0, -1);
  const axes = collapsed({ lengths, strides: operands.map((x) => x.strides) });
  const last = axes.lengths.length - 1;
  const moves = (i: number) => (axes.strides[i]![last] !== 0 ? "each" : axes.strides[i]!.every((s) => s === 0) ? "once" : "row"); // prettier-ignore
  const program: Program = {
    inputs: xs.map(({ dtype }, i) => ({ dtype, moves: moves(i) })),
    steps,
    outer: last,
  };
  const vector = isVector(
    program.inputs.map(({ dtype }) => dtype),
    steps,
  );
  return {
    kernel: elementwise(program, vector ? null : scalars()),
    axes,
    places: operands.map((x) => x.place),
    // What a part writes past its end, the next one writes again.
    args(places, part) {
      const length = part.lengths[last]!;
      const inner = operands.map(({ dtype }, i) =>
        moved(length, widthOf(dtype), vector, i === xs.length || moves(i) === "each"),
      );
      return [...places, turns(length, vector), ...nestWords(withoutLast(part), inner)];
    },
  };
}

/** An operand that broadcasts to a shape. */
export function broadcastOperand(x: NodeInput | Output, to: readonly number[]): ChainOperand {
  const width = widthOf(x.dtype);
  return { dtype: x.dtype, place: x.place(), strides: broadcastStrides(x.shape, to).map((stride) => stride * width) };
}

/** Plans a chain. */
export function elementwiseRule(site: ChainSite, scalars: () => ScalarLoop): void {
  const { y } = site.out;
  const operands = [...site.in.xs, y].map((x) => broadcastOperand(x, y.shape));
  const walk = chainWalk(site.steps, y.shape, operands, scalars);
  const isSlow = walk.kernel.way !== "vector";
  runWalk(site, walk, (sizeOf(y.shape) * site.steps.length) / (isSlow ? 1 : 4));
}
