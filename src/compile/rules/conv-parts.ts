/**
 * Convolutions that are several: of groups of channels, each by itself; and transposed ones, where all outputs that are
 * as far from the last multiple of the strides meet the same taps, an ordinary convolution with stride 1.
 */
import { sizeOf } from "../../core/tensor.ts";
import type { ConvAttrs, ConvTransposeAttrs } from "../../ops/builder.ts";
import { type Axis, axisOf } from "../../ops/conv_transpose.ts";
import { stridesOf } from "../../ops/strided.ts";
import { channelsOf, spatialOf, windowsOf } from "../../ops/window.ts";
import { convLines } from "../kernels/conv-fast.ts";
import { packColumns, packedSize } from "../kernels/gemm.ts";
import { type Packing, type Place, type Rule, shifted } from "../kernels/types.ts";
import { biasOf, linesOf, paddedInput, runLines, target } from "./conv-fast.ts";
import { hasFewRuns, type Windows, runsOf } from "./padded.ts";

/** A kernel[...spatial, Cin / groups, Cout] by groups, the columns of each packed. */
function groupsPacking(depth: number, columns: number, groups: number): Packing {
  const size = packedSize(depth, columns);
  return {
    key: `groups ${groups}`,
    bytes: 4 * size * groups,
    pack(source, goal) {
      for (let group = 0; group < groups; group++) {
        const at = (k: number, n: number): number => (k * groups + group) * columns + n;
        packColumns(source, goal.subarray(group * size), depth, columns, at);
      }
    },
  };
}

export const groupedConvRule: Rule = (site) => {
  const a = site.attrs as unknown as ConvAttrs;
  const [x, kernel, out] = [site.inputs[0]!, site.inputs[1]!, site.outputs[0]!];
  const size = kernel.shape.slice(0, -2);
  if (out.dtype !== "float32" || kernel.weight === undefined || !hasFewRuns(size, [0])) return false;
  const [cin, cout] = [channelsOf(x.shape, a.layout), kernel.shape.at(-1)!];
  const [channels, columns] = [cin / a.groups, cout / a.groups];
  const windows = windowsOf(spatialOf(x.shape, a.layout), { ...a, size });
  const goal = target(site, a.layout);
  const input = paddedInput(site, a.layout, windows, 0);
  const bias = biasOf(site, cout);
  const [, , w] = windows;
  const lines = linesOf(x.shape[0]!, windows, input, cin, cout);
  const runs = runsOf(windows, input.lengths, cin, channels);
  const depth = sizeOf(size) * channels;
  const lda = 4 * w.stride * cin;
  const kernelLines = convLines({ runs, lda, ldc: 4 * cout, columns, bias: bias !== undefined });
  const packed = site.packed(1, groupsPacking(depth, columns, a.groups));
  for (let group = 0; group < a.groups; group++) {
    const places = {
      input: shifted(input.place, 4 * group * channels),
      kernel: shifted(packed, 4 * group * packedSize(depth, columns)),
      output: shifted(goal.place, 4 * group * columns),
      positions: w.output,
      bias: bias === undefined ? 0 : shifted(bias, 4 * group * columns),
    };
    runLines(site, kernelLines, lines, places, w.output * depth * columns);
  }
  goal.finish();
  return true;
};

/** A tap that meets the outputs of one phase: output q of the phase takes input q + `from` through it. */
interface Tap {
  readonly index: number;
  readonly from: number;
}

/** Outputs of an axis that are `at` behind a multiple of the stride. */
interface Phase {
  readonly at: number;
  readonly outputs: number;
  /** By the input that they take. */
  readonly taps: readonly Tap[];
}

function phasesOf({ output, stride, size, dilation, before }: Axis): Phase[] {
  return Array.from({ length: Math.min(stride, output) }, (_, at): Phase => {
    const taps = Array.from({ length: size }, (_tap, index) => ({
      index,
      from: (at + before - index * dilation) / stride,
    }));
    return {
      at,
      outputs: Math.ceil((output - at) / stride),
      taps: taps.filter(({ from }) => Number.isInteger(from)).sort((p, q) => p.from - q.from),
    };
  });
}

/** Padding in which all phases find their inputs, as windows that cover it. */
function coverOf(input: number, phases: readonly Phase[]): Windows[number] {
  const ends = phases.flatMap(({ taps, outputs }) => taps.flatMap(({ from }) => [from, from + outputs - 1]));
  const before = Math.max(0, -Math.min(0, ...ends));
  return { input, output: 1, stride: 1, dilation: 1, before, size: Math.max(input, Math.max(0, ...ends) + 1) + before };
}

/** Rows of a kernel[...spatial, Cout, Cin] for some taps, packed. */
function tapsPacking(taps: readonly number[], cin: number, cout: number): Packing {
  const depth = taps.length * cin;
  return {
    key: `taps ${taps.join()}`,
    bytes: 4 * packedSize(depth, cout),
    pack: (source, goal) =>
      packColumns(source, goal, depth, cout, (k, n) => (taps[Math.floor(k / cin)]! * cout + n) * cin + (k % cin)),
  };
}

const FLAT: Axis = { input: 1, output: 1, size: 1, stride: 1, dilation: 1, before: 0 };

export const fastConvTransposeRule: Rule = (site) => {
  const a = site.attrs as unknown as ConvTransposeAttrs;
  const [x, kernel, out] = [site.inputs[0]!, site.inputs[1]!, site.outputs[0]!];
  if (out.dtype !== "float32" || kernel.weight === undefined || !hasFewRuns(kernel.shape.slice(0, -2), [0]))
    return false;
  const [batch, cin, cout] = [x.shape[0]!, channelsOf(x.shape, a.layout), kernel.shape.at(-2)!];
  const own = spatialOf(x.shape, a.layout).map((length, i) => axisOf(a, i, length, kernel.shape[i]!));
  const axes = [...[FLAT, FLAT, FLAT].slice(own.length), ...own] as [Axis, Axis, Axis];
  const phases = axes.map(phasesOf) as [Phase[], Phase[], Phase[]];
  const covers = axes.map((axis, i) => coverOf(axis.input, phases[i]!)) as unknown as Windows;
  const goal = target(site, a.layout);
  const input = paddedInput(site, a.layout, covers, 0);
  const bias = biasOf(site, cout);
  const from = stridesOf([batch, ...input.lengths, cin]).map((s) => 4 * s) as [number, number, number, number];
  const to = stridesOf([batch, ...axes.map((axis) => axis.output), cout]).map((s) => 4 * s) as typeof from;
  const [, , w] = axes;

  const plan = (d: Phase, h: Phase, across: Phase): void => {
    const runs: { offset: number; length: number }[] = [];
    const taps: number[] = [];
    for (const td of d.taps) {
      for (const th of h.taps) {
        let last: number | undefined;
        for (const tw of across.taps) {
          const [i, j, k] = [td, th, tw].map((tap, axis) => tap.from + covers[axis]!.before) as [
            number,
            number,
            number,
          ];
          taps.push((td.index * axes[1].size + th.index) * w.size + tw.index);
          // Inputs side by side are one run.
          if (last === k - 1) runs[runs.length - 1]!.length += cin;
          else runs.push({ offset: i * from[1] + j * from[2] + k * from[3], length: cin });
          last = k;
        }
      }
    }
    const kernelLines = convLines({
      runs,
      lda: from[3],
      ldc: w.stride * to[3],
      columns: cout,
      bias: bias !== undefined,
    });
    const lines = {
      lengths: [batch, d.outputs, h.outputs] as const,
      strides: [from.slice(0, 3), [to[0], to[1] * axes[0].stride, to[2] * axes[1].stride]] as const,
    };
    const output: Place = shifted(goal.place, d.at * to[1] + h.at * to[2] + across.at * to[3]);
    const packed = runs.length === 0 ? 0 : site.packed(1, tapsPacking(taps, cin, cout));
    const places = { input: input.place, kernel: packed, output, positions: across.outputs, bias: bias ?? 0 };
    runLines(site, kernelLines, lines, places, across.outputs * taps.length * cin * cout);
  };
  for (const d of phases[0]) for (const h of phases[1]) for (const across of phases[2]) plan(d, h, across);
  goal.finish();
  return true;
};
