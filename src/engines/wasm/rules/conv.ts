/** Convolutions, transposed convolutions and pooling. */
import { sizeOf } from "../../../core/tensor.ts";
import type { Layout } from "../../../ops/attributes.ts";
import { transposedWindows } from "../../../ops/conv-transpose.ts";
import { floorOf } from "../../../ops/pool.ts";
import { stridesOf } from "../../../ops/strided.ts";
import { channelsOf, spatialOf, stepsOf, trimmed, type Windows, windowsOf } from "../../../ops/window.ts";
import { copy, fill } from "../kernels/copy.ts";
import { AXIS, CONV, plainConv, plainPool, POOL } from "../kernels/conv.ts";
import { nestWords } from "../kernels/nest.ts";
import { storageOf, widthOf } from "../kernels/storage.ts";
import { type LastRule, shifted, type SiteOf } from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";

type Origins = [number, number, number];

interface Slid {
  readonly layout: Layout;
  readonly axes: Windows;
  readonly groups: number;
  readonly transposed: boolean;
}

/** What a multiply-add takes number by number, beside one of the fast kernels. */
const PLAIN = 16;

/** Distances in the kernel: from a tap to the next along each axis, between input and between output channels. */
interface KernelSteps {
  readonly taps: readonly [number, number, number];
  readonly input: number;
  readonly output: number;
}

function kernelSteps(shape: readonly number[], axes: Windows, transposed: boolean): KernelSteps {
  const [last, before] = [shape.at(-1)!, shape.at(-2)!];
  const tap = last * before;
  const taps = [axes[1].size * axes[2].size * tap, axes[2].size * tap, tap] as const;
  return { taps, input: transposed ? 1 : last, output: transposed ? last : 1 };
}

function planPlain(site: SiteOf<"conv" | "convTranspose">, { layout, axes: whole, groups, transposed }: Slid): void {
  const { x, kernel, bias } = site.in;
  const out = site.out.y;
  const width = widthOf(out.dtype);
  const [cin, cout] = [channelsOf(x.shape, layout), channelsOf(out.shape, layout)];
  const k = kernelSteps(kernel.shape, whole, transposed);
  const cut = whole.map((axis) => (transposed ? { window: axis, first: 0 } : trimmed(axis)));
  const axes = cut.map(({ window }) => window);
  const weights = shifted(kernel.place(), width * cut.reduce((sum, { first }, i) => sum + first * k.taps[i]!, 0));
  const lengths = (of: "input" | "output") => axes.map((axis) => axis[of]) as [number, number, number];
  const from = stepsOf(layout, lengths("input"), cin);
  const to = stepsOf(layout, lengths("output"), cout);
  const [channels, columns] = [cin / groups, cout / groups];
  const words = axes.flatMap(({ size, input, dilation, stride }, i) =>
    inWords(AXIS, {
      size,
      length: input,
      kernelStep: k.taps[i]! * width,
      inputStep: from.spatial[i]! * width,
      dilation,
      stride,
    }),
  );
  // How far origins move from an output position to the next.
  const turns = axes.map(({ stride }) => (transposed ? 1 : stride));
  const turn = (axis: number): number[] => [3, 4, 5].map((_, i) => (i === axis ? turns[i]! : 0));
  const none = [0, 0, 0];
  const scaled = (list: readonly number[]): number[] => list.map((step) => step * width);
  // For batch, d, h, w, group, channel: steps of input, kernel, output, bias, then of the origins.
  const moves = [
    [...scaled([from.batch, 0, to.batch, 0]), ...none],
    ...[0, 1, 2].map((i) => [...scaled([0, 0, to.spatial[i]!, 0]), ...turn(i)]),
    [...scaled([channels * from.channel, columns * k.output, columns * to.channel, columns]), ...none],
    [...scaled([0, k.output, to.channel, 1]), ...none],
  ];
  const nesting = {
    lengths: [x.shape[0]!, ...lengths("output"), groups, columns],
    strides: moves[0]!.map((_, pointer) => moves.map((move) => move[pointer]!)),
  };
  const [originD, originH, originW] = axes.map(({ before }) => (transposed ? before : -before)) as Origins;
  const macs = PLAIN * channels * axes.reduce((product, { size }) => product * size, sizeOf(out.shape));
  site.split(plainConv(out.dtype, bias !== null, transposed), { lengths: nesting.lengths, work: macs }, (part) => {
    const moved = (pointer: number): number => part.from.reduce((sum, n, i) => sum + n * moves[i]![pointer]!, 0);
    const args = inWords(CONV, {
      input: shifted(x.place(), moved(0)),
      kernel: shifted(weights, moved(1)),
      output: shifted(out.place(), moved(2)),
      bias: bias === null ? 0 : shifted(bias.place(), moved(3)),
      originD: originD + moved(4),
      originH: originH + moved(5),
      originW: originW + moved(6),
      channels,
      inputStep: from.channel * width,
      kernelStep: k.input * width,
    });
    return [...args, ...words, ...nestWords({ ...nesting, lengths: part.lengths })];
  });
}

/** A sum over no channels: zeros, or the bias. */
export function noChannelsRule(site: SiteOf<"conv"> | SiteOf<"convTranspose">): boolean {
  const { layout } = site.attrs;
  const { x, bias } = site.in;
  const { y } = site.out;
  if (channelsOf(x.shape, layout) > 0) return false;
  const made = fill(y.place(), sizeOf(y.shape), 0, storageOf(y.dtype));
  site.run(made.kernel, made.args);
  if (bias === null) return true;
  const channels = layout === "last" ? y.shape.length - 1 : 1;
  const along = y.shape.map((_, axis) => (axis === channels ? 1 : 0));
  const biased = copy(bias.place(), y.place(), y.shape, [along, stridesOf(y.shape)], widthOf(y.dtype));
  site.run(biased.kernel, biased.args);
  return true;
}

export const convRule: LastRule<"conv"> = (site) => {
  const a = site.attrs;
  const size = site.in.kernel.shape.slice(0, -2);
  const axes = windowsOf(spatialOf(site.in.x.shape, a.layout), { ...a, size });
  planPlain(site, { layout: a.layout, axes, groups: a.groups, transposed: false });
};

export const convTransposeRule: LastRule<"convTranspose"> = (site) => {
  const a = site.attrs;
  const axes = transposedWindows(a, site.in.x.shape, site.in.kernel.shape);
  planPlain(site, { layout: a.layout, axes, groups: 1, transposed: true });
};

export const poolRule: LastRule<"pool"> = (site) => {
  const a = site.attrs;
  const { x } = site.in;
  const out = site.out.y;
  const windows = windowsOf(spatialOf(x.shape, a.layout), { ...a, dilation: a.size.map(() => 1) });
  const axes = windows.map((window) => trimmed(window).window);
  const width = widthOf(out.dtype);
  const channels = channelsOf(x.shape, a.layout);
  const lengths = (of: "input" | "output") => axes.map((axis) => axis[of]) as [number, number, number];
  const from = stepsOf(a.layout, lengths("input"), channels);
  const to = stepsOf(a.layout, lengths("output"), channels);
  const words = axes.flatMap(({ size, input, stride }, i) =>
    inWords(AXIS, { size, length: input, kernelStep: 0, inputStep: from.spatial[i]! * width, dilation: 1, stride }),
  );
  const moves = [
    [from.batch * width, to.batch * width, 0, 0, 0],
    ...[0, 1, 2].map((i) => [0, to.spatial[i]! * width, ...axes.map(({ stride }, j) => (i === j ? stride : 0))]),
    [from.channel * width, to.channel * width, 0, 0, 0],
  ];
  const nesting = nestWords({
    lengths: [x.shape[0]!, ...lengths("output"), channels],
    strides: moves[0]!.map((_, pointer) => moves.map((move) => move[pointer]!)),
  });
  const [originD, originH, originW] = axes.map(({ before }) => -before) as Origins;
  const args = inWords(POOL, { input: x.place(), output: out.place(), originD, originH, originW });
  site.run(plainPool(out.dtype, a.fn === "max" ? floorOf(out.dtype, x.shape.length) : null), [
    ...args,
    ...words,
    ...nesting,
  ]);
};
