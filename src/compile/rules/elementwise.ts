/** Element-wise chains: operands broadcast to the output by strides of 0. */
import { broadcastStrides, stridesOf } from "../../ops/strided.ts";
import { elementwise, isVector, moved, type Program, turns } from "../kernels/elementwise.ts";
import { collapsed, nestWords } from "../kernels/nest.ts";
import { widthOf } from "../kernels/storage.ts";
import type { Rule } from "../kernels/types.ts";

export const elementwiseRule: Rule = (site) => {
  const out = site.outputs[0]!;
  const widths = [...site.inputs, out].map(({ dtype }) => widthOf(dtype));
  const strides = [...site.inputs.map(({ shape }) => broadcastStrides(shape, out.shape)), stridesOf(out.shape)];
  const axes = collapsed({
    lengths: out.shape,
    strides: strides.map((list, i) => list.map((stride) => stride * widths[i]!)),
  });
  const last = axes.lengths.length - 1;
  const moves = (i: number) => (axes.strides[i]![last] !== 0 ? "each" : axes.strides[i]!.every((s) => s === 0) ? "once" : "row"); // prettier-ignore
  const program: Program = {
    inputs: site.inputs.map(({ dtype }, i) => ({ dtype, moves: moves(i) })),
    steps: site.steps,
    outer: last,
  };
  const vector = isVector(
    program.inputs.map(({ dtype }) => dtype),
    program.steps,
  );
  const length = axes.lengths[last]!;
  const inner = widths.map((width, i) => moved(length, width, vector, i === site.inputs.length || moves(i) === "each"));
  const outer = { lengths: axes.lengths.slice(0, -1), strides: axes.strides.map((list) => list.slice(0, -1)) };
  site.run(elementwise(program), [
    ...site.inputs.map((_, i) => site.input(i)),
    site.output(0),
    turns(length, vector),
    ...nestWords(outer, inner),
  ]);
  return true;
};
