/**
 * Convolutions that are several: of groups of channels, each by itself; and transposed ones, where all outputs that are
 * as far from the last multiple of the strides meet the same taps but for those at the borders: each part is an ordinary
 * convolution with stride 1.
 */
import { sizeOf } from "../../../core/tensor.ts";
import { transposedWindows } from "../../../ops/conv-transpose.ts";
import { stridesOf } from "../../../ops/strided.ts";
import { channelsOf, spatialOf, wholeOf, type Window, windowsOf } from "../../../ops/window.ts";
import { copy, fill } from "../kernels/copy.ts";
import { packColumns, packedSize, type InputRun } from "../kernels/gemm.ts";
import { type NodeInput, type Packing, type Place, type Rule, shifted, type Site } from "../kernels/types.ts";
import { biasOf, keptTaps, linesOf, paddedInput, runLines, startsBefore, target } from "./conv-fast.ts";
import { productOfRuns } from "./matmul.ts";
import { hasFewRuns, runsOf } from "./padded.ts";

/** A kernel[...spatial, Cin / groups, Cout] by groups, the columns of each packed. */
function groupsPacking(depth: number, columns: number, groups: number): Packing {
  const size = packedSize(depth, columns);
  return {
    key: `groups ${groups}`,
    bytes: 4 * size * groups,
    pack(source, goal) {
      for (let group = 0; group < groups; group++) {
        const row = (k: number): number => (k * groups + group) * columns;
        packColumns(source, goal.subarray(group * size), depth, columns, row);
      }
    },
  };
}

export const groupedConvRule: Rule<"conv"> = (site) => {
  const a = site.attrs;
  const { x, kernel } = site.in;
  const out = site.out.y;
  const size = kernel.shape.slice(0, -2);
  if (out.dtype !== "float32" || kernel.weight === undefined || !hasFewRuns(size, [0])) return false;
  if (!startsBefore(x.shape, kernel.shape, a)) return false;
  const [cin, cout] = [channelsOf(x.shape, a.layout), kernel.shape.at(-1)!];
  const [channels, columns] = [cin / a.groups, cout / a.groups];
  const { windows, taps, packed } = keptTaps(site, kernel, windowsOf(spatialOf(x.shape, a.layout), { ...a, size }));
  const goal = target(site, out, a.layout);
  const input = paddedInput(site, x, a.layout, windows, 0);
  const bias = biasOf(site, site.in.bias, cout);
  const [, , w] = windows;
  const lines = linesOf(x.shape[0]!, windows, input, cin, cout);
  const runs = runsOf(windows, input.lengths, cin, channels);
  const depth = taps * channels;
  const lda = 4 * w.stride * cin;
  const kernelLines = productOfRuns(site, { runs, lda, ldc: 4 * cout, columns, bias: bias !== undefined });
  const weights = packed(groupsPacking(depth, columns, a.groups));
  for (let group = 0; group < a.groups; group++) {
    const places = {
      input: shifted(input.place, 4 * group * channels),
      kernel: shifted(weights, 4 * group * packedSize(depth, columns)),
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

/** Outputs of a phase next to each other that meet the same taps: `count` taps from `first` on, inside the input. */
interface Zone {
  readonly start: number;
  readonly outputs: number;
  readonly first: number;
  readonly count: number;
}

/** Outputs of an axis that are `at` behind a multiple of the stride, if they meet any tap. */
interface Phase {
  readonly at: number;
  /** By the input that they take. */
  readonly taps: readonly Tap[];
  readonly zones: readonly Zone[];
}

/** Zones with a tap. As taps stand in the order of their inputs, those of an output are next to each other. */
function zonesOf(taps: readonly Tap[], input: number, outputs: number): Zone[] {
  const starts = taps.flatMap(({ from }) => [-from, input - from]).filter((start) => start > 0 && start < outputs);
  const edges = [...new Set([0, ...starts])].sort((p, q) => p - q);
  return edges.flatMap((start, i): Zone[] => {
    const inside = taps.map(({ from }) => start + from >= 0 && start + from < input);
    const count = inside.filter(Boolean).length;
    return count === 0
      ? []
      : [{ start, outputs: (edges[i + 1] ?? outputs) - start, first: inside.indexOf(true), count }];
  });
}

function phasesOf({ input, output, stride, size, dilation, before }: Window): Phase[] {
  const phases = new Map<number, Tap[]>();
  for (let index = 0; index < size; index++) {
    const at = (((index * dilation - before) % stride) + stride) % stride;
    const from = (at + before - index * dilation) / stride;
    const outputs = Math.ceil((output - at) / stride);
    if (at >= output || from >= input || from + outputs <= 0) continue;
    phases.set(at, [...(phases.get(at) ?? []), { index, from }]);
  }
  return [...phases].map(([at, found]): Phase => {
    const taps = found.sort((p, q) => p.from - q.from);
    return { at, taps, zones: zonesOf(taps, input, Math.ceil((output - at) / stride)) };
  });
}

/** Whether every output of an axis meets a tap. */
function isCovered({ output }: Window, phases: readonly Phase[]): boolean {
  return phases.flatMap(({ zones }) => zones).reduce((sum, { outputs }) => sum + outputs, 0) === output;
}

/** Runs of all zones that a kernel is made for. */
const MOST_RUNS = 4096;

function runCount([d, h, w]: readonly [Phase[], Phase[], Phase[]]): number {
  const zones = (phases: readonly Phase[]) => phases.flatMap((phase) => phase.zones);
  const taps = (phases: readonly Phase[]) => zones(phases).reduce((sum, { count }) => sum + count, 0);
  return taps(d) * taps(h) * zones(w).length;
}

/** Rows of a kernel[...spatial, Cout, Cin] for some taps, packed. */
function tapsPacking(taps: readonly number[], cin: number, cout: number): Packing {
  const depth = taps.length * cin;
  return {
    key: `taps ${taps.join()}`,
    bytes: 4 * packedSize(depth, cout),
    pack: (source, goal) =>
      packColumns(source, goal, depth, cout, (k) => taps[Math.floor(k / cin)]! * cout * cin + (k % cin), cin),
  };
}

/** [positions, columns]: all of them the bias, or zero. */
function fillOutput(site: Site, bias: NodeInput | null, goal: Place, positions: number, columns: number): void {
  const { kernel, args } =
    bias === null
      ? fill(goal, positions * columns, 0, "f32")
      : copy(bias.place(), goal, [positions, columns], [[0, 1], [columns, 1]], 4); // prettier-ignore
  site.run(kernel, args);
}

/** Padding is never multiplied: what a tap holds reaches only the outputs where it meets the input. */
export const fastConvTransposeRule: Rule<"convTranspose"> = (site) => {
  const a = site.attrs;
  const { x, kernel } = site.in;
  const out = site.out.y;
  if (out.dtype !== "float32" || kernel.weight === undefined || !hasFewRuns(kernel.shape.slice(0, -2), [0]))
    return false;
  const [batch, cin, cout] = [x.shape[0]!, channelsOf(x.shape, a.layout), kernel.shape.at(-2)!];
  const axes = transposedWindows(a, x.shape, kernel.shape);
  const goal = target(site, out, a.layout);
  const phases = axes.map(phasesOf) as [Phase[], Phase[], Phase[]];
  if (runCount(phases) > MOST_RUNS) return false;
  const whole = wholeOf(axes);
  const input = paddedInput(site, x, a.layout, whole, 0);
  const bias = biasOf(site, site.in.bias, cout);
  const from = stridesOf([batch, ...input.lengths, cin]).map((s) => 4 * s) as [number, number, number, number];
  const to = stridesOf([batch, ...axes.map((axis) => axis.output), cout]).map((s) => 4 * s) as typeof from;
  const [, , w] = axes;
  if (!axes.every((axis, i) => isCovered(axis, phases[i]!)))
    fillOutput(site, site.in.bias, goal.place, sizeOf(out.shape) / cout, cout);

  /** The outputs of a zone along each axis; `packed`: the kernel of the taps of its phases. */
  const planZone = (of: readonly [Phase, Phase, Phase], zones: readonly [Zone, Zone, Zone], packed: Place): void => {
    const meets = (axis: 0 | 1 | 2): readonly Tap[] =>
      of[axis].taps.slice(zones[axis].first, zones[axis].first + zones[axis].count);
    /** The input that the first output of the zone takes through a tap. */
    const inputAt = (axis: 0 | 1 | 2, tap: Tap): number => zones[axis].start + tap.from;
    const origin = ([0, 1, 2] as const).reduce<number>((sum, i) => sum + inputAt(i, meets(i)[0]!) * from[i + 1]!, 0);
    const runs: (InputRun & { length: number })[] = [];
    let behind = 0;
    for (const td of meets(0).keys()) {
      for (const th of meets(1).keys()) {
        let last: number | undefined;
        for (const [tw, tap] of meets(2).entries()) {
          const place = (zones[0].first + td) * of[1].taps.length + zones[1].first + th;
          const step = (place * of[2].taps.length + zones[2].first + tw) * cin;
          const k = inputAt(2, tap);
          // Inputs side by side are one run.
          if (last === k - 1) runs[runs.length - 1]!.length += cin;
          else {
            const [i, j] = [inputAt(0, meets(0)[td]!), inputAt(1, meets(1)[th]!)];
            const offset = i * from[1] + j * from[2] + k * from[3] - origin;
            runs.push({ offset, length: cin, skipped: step - behind });
          }
          behind = step + cin;
          last = k;
        }
      }
    }
    const depth = of.reduce((product, { taps }) => product * taps.length, cin);
    const kernelLines = productOfRuns(site, {
      runs,
      depth,
      lda: from[3],
      ldc: w.stride * to[3],
      columns: cout,
      bias: bias !== undefined,
    });
    const lines = {
      lengths: [batch, zones[0].outputs, zones[1].outputs] as const,
      strides: [from.slice(0, 3), [to[0], to[1] * axes[0].stride, to[2] * axes[1].stride]] as const,
    };
    const at = axes.reduce((sum, { stride }, i) => sum + (of[i]!.at + zones[i]!.start * stride) * to[i + 1]!, 0);
    const positions = zones[2].outputs;
    const places = {
      input: shifted(input.place, origin),
      kernel: packed,
      output: shifted(goal.place, at),
      positions,
      bias: bias ?? 0,
    };
    const work = runs.reduce((sum, run) => sum + run.length, 0) * positions * cout;
    runLines(site, kernelLines, lines, places, work);
  };
  for (const d of phases[0]) {
    for (const h of phases[1]) {
      for (const across of phases[2]) {
        const taps = d.taps.flatMap((td) =>
          h.taps.flatMap((th) => across.taps.map((tw) => (td.index * axes[1].size + th.index) * w.size + tw.index)),
        );
        const packed = site.packed(kernel, tapsPacking(taps, cin, cout));
        const of = [d, h, across] as const;
        for (const zd of d.zones)
          for (const zh of h.zones) for (const zw of across.zones) planZone(of, [zd, zh, zw], packed);
      }
    }
  }
  goal.finish();
  return true;
};
