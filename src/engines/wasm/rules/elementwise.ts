/** Element-wise chains: operands broadcast to the output by strides of 0. */
import { broadcastStrides, stridesOf } from "../../../ops/strided.ts";
import { elementwise, isVector, moved, type Program, turns } from "../kernels/elementwise.ts";
import { collapsed, nestWords } from "../kernels/nest.ts";
import { widthOf } from "../kernels/storage.ts";
import type { ChainSite } from "../kernels/types.ts";

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
  const length = axes.lengths[last]!;
  const inner = widths.map((width, i) => moved(length, width, vector, i === xs.length || moves(i) === "each"));
  const outer = { lengths: axes.lengths.slice(0, -1), strides: axes.strides.map((list) => list.slice(0, -1)) };
  site.run(elementwise(program), [
    ...xs.map((x) => x.place()),
    out.place(),
    turns(length, vector),
    ...nestWords(outer, inner),
  ]);
}
