/** ConvLSTM1D, 2D and 3D without a mask, run whole. */
import { sizeOf } from "../../../core/tensor.ts";
import { recurrentConv } from "../../../ops/conv-lstm-cell.ts";
import { isNode, readsOf } from "../../../ops/slots.ts";
import { stridesOf } from "../../../ops/strided.ts";
import type { Graph, NodeOf, Value, ValueId } from "../../../ops/types.ts";
import { channelsOf, spatialOf, trimmed, windowsOf, type Windows } from "../../../ops/window.ts";
import { isFused } from "../kernels/activations.ts";
import { CONV_RECURRENT, convRecurrent } from "../kernels/conv-recurrent.ts";
import { fill } from "../kernels/copy.ts";
import { nestWords } from "../kernels/nest.ts";
import { isSingle } from "../kernels/storage.ts";
import {
  type KernelArg,
  type NodeInput,
  type Output,
  type Place,
  type Range,
  type Rule,
  shifted,
} from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";
import { hasFewRuns, insideOf, padded, paddedLengths, runsOf, spatialCopy } from "./padded.ts";
import { packed } from "./gates.ts";
import { isForFiltering, runConvSteps } from "./conv-recurrent-winograd.ts";
import { cellOf, hasFeatures, operandsOf, refuseNoSteps } from "./recurrent.ts";

const convCellOf = (body: Graph) => cellOf(body, (node) => isNode(node, "convLstmCell"));

/** Whether a recurrent layer is a convolutional LSTM that one kernel runs. */
export function takesConvRnn(node: NodeOf<"rnn">, values: ReadonlyMap<ValueId, Value>): boolean {
  const cell = convCellOf(node.body!);
  if (cell === undefined || node.in.mask !== null) return false;
  const { activation, recurrentActivation, conv } = cell.attrs;
  const isSmall = [cell.in.kernel, cell.in.recurrent].every((id) => {
    const shape = node.body!.values.get(id)!.shape as readonly number[];
    return hasFewRuns(shape.slice(0, -2), conv.dilation);
  });
  const x = values.get(node.in.x)!.shape as readonly number[];
  const size = (node.body!.values.get(cell.in.kernel)!.shape as readonly number[]).slice(0, -2);
  const windows = windowsOf(spatialOf(x.slice(1), conv.layout), { ...conv, size });
  // Taps that only padding meets are far away.
  const isNear = windows.every((window) => trimmed(window).window.size === window.size);
  const floats = readsOf(cell).every((id) => isSingle(node.body!.values.get(id)!.dtype));
  return (
    isSmall &&
    isNear &&
    floats &&
    hasFeatures(cell, node.body!.values) &&
    isFused(activation) &&
    isFused(recurrentActivation) &&
    conv.groups === 1
  );
}

/** From so many samples on, threads share these, and meet once; of fewer the lines of each step, if there are not too many. */
const FEW_SAMPLES = 8;
const MOST_STEPS = 1024;

const GATES = { first: 0, count: 4, total: 4 };

export const convRnnRule: Rule<"rnn"> = (site) => {
  const body = site.body!;
  const cell = convCellOf(body);
  if (cell === undefined) return false;
  const { attrs } = cell;
  const { layout } = attrs.conv;
  const { x, states, captured } = site.in;
  const { sequence: yOut, last: lastY, states: lastStates } = site.out;
  const [h0, c0] = states as [NodeInput, NodeInput];
  const [hOut, cOut] = lastStates as [Output, Output];
  const batchFirst = site.attrs.axis === 1;
  const [major, minor, ...frame] = x.shape as [number, number, ...number[]];
  const [samples, steps] = batchFirst ? [major, minor] : [minor, major];
  refuseNoSteps(steps);
  const channels = channelsOf([samples, ...frame], layout);
  const filters = channelsOf(h0.shape, layout);
  const operand = operandsOf(body, captured);
  const [kernel, recurrent] = [operand(cell.in.kernel), operand(cell.in.recurrent)];
  const bias = cell.in.bias === null ? null : operand(cell.in.bias);
  const windows = windowsOf(spatialOf([samples, ...frame], layout), {
    ...attrs.conv,
    size: kernel.shape.slice(0, -2),
  });
  const size = recurrent.shape.slice(0, -2);
  const ofH = windowsOf(spatialOf(h0.shape, layout), { ...recurrentConv(attrs), size });
  const taps = (of: Windows): number => of.reduce((product, w) => product * w.size, 1);
  const outputs = windows.map((w) => w.output) as unknown as [number, number, number];
  const state = sizeOf(outputs) * filters;

  const source = { place: () => x.place(), batch: samples * steps, channels };
  const backwards = site.attrs.goBackwards;
  const keeps = yOut.isUsed;
  const isZero = h0.filled === 0;
  const all = { samples, steps, filters, source, layout, windows, ofH, kernel, recurrent, bias };
  const filtered = isForFiltering(all);
  const lengths = filtered ? outputs : paddedLengths(ofH);
  const inside = filtered ? 0 : insideOf(ofH, lengths, filters);
  const hBytes = 4 * sizeOf(lengths) * filters;
  const run = ({ kernel: k, args }: ReturnType<typeof fill>): void => site.run(k, args);
  const buffers = (filtered ? [0] : [0, 1]).map(() => site.scratch(samples * hBytes));
  const own = (place: () => Place) => ({ place, batch: samples, channels: filters, layout, lengths: outputs });
  if (!filtered) for (const buffer of buffers) run(fill(buffer, (samples * hBytes) / 4, 0, "f32"));
  if (!isZero)
    spatialCopy(
      site,
      own(() => h0.place()),
      { place: shifted(buffers[0]!, inside), lengths },
      "in",
    );
  const c = layout === "last" ? cOut.place() : site.scratch(4 * samples * state);
  spatialCopy(
    site,
    own(() => c0.place()),
    { place: c, lengths: outputs },
    "in",
  );
  const y = !keeps ? c : layout === "last" ? yOut.place() : site.scratch(4 * samples * steps * state);

  /** Of what lies along the steps and the samples: what there is from one to the next. */
  const along = (size: number): readonly [number, number] =>
    batchFirst ? [size, steps * size] : [samples * size, size];
  const [yStep, ySample] = along(4 * state);
  const activations = { activation: attrs.activation.fn, recurrentActivation: attrs.recurrentActivation.fn };
  const plainSteps = (): void => {
    const input = padded(site, source, layout, windows, 0);
    const frameBytes = 4 * sizeOf(input.lengths) * channels;
    const [xStep, xSample] = along(frameBytes);
    const [d, h, w] = windows;
    const xStrides = stridesOf([...input.lengths, channels]).map((s) => 4 * s);
    const xLines = [xStrides[0]! * d.stride, xStrides[1]! * h.stride];
    const hStrides = stridesOf([...lengths, filters]).map((s) => 4 * s);
    const cStrides = stridesOf([...outputs, filters]).map((s) => 4 * s);
    const static_ = {
      ...activations,
      filters,
      x: { runs: runsOf(windows, input.lengths, channels), step: 4 * w.stride * channels },
      h: { runs: runsOf(ofH, lengths, filters), step: 4 * filters },
      bias: bias !== null,
      sequence: keeps,
    };
    const work = samples * sizeOf(outputs) * 4 * filters * (taps(windows) * channels + taps(ofH) * filters);
    const firstX = backwards ? shifted(input.place, (steps - 1) * xStep) : input.place;
    const moves = { x: backwards ? -xStep : xStep, y: yStep };
    const weights = {
      kernel: packed(site, filters, GATES, kernel, taps(windows) * channels),
      recurrent: packed(site, filters, GATES, recurrent, taps(ofH) * filters),
      bias: bias === null ? 0 : packed(site, filters, GATES, bias, 1),
    };
    /** `count` steps from `first` on of some lines. */
    const some = (first: number, count: number, { from, lengths: [of, ...lines] }: Range): KernelArg[] => {
      const [sample, ...line] = from as [number, number, number];
      const at = (place: Place, bytes: number, strides: readonly number[]): Place =>
        shifted(place, sample * bytes + line[0]! * strides[0]! + line[1]! * strides[1]!);
      const [h, hOther] = [buffers[first % 2]!, buffers[(first + 1) % 2]!];
      return [
        ...inWords(CONV_RECURRENT, {
          x: at(shifted(firstX, first * moves.x), xSample, xLines),
          xStep: moves.x,
          xSample,
          h: at(h, hBytes, hStrides),
          hOther: at(hOther, hBytes, hStrides),
          hInside: inside,
          hSample: hBytes,
          c: at(c, 4 * state, cStrides),
          cSample: 4 * state,
          y: at(shifted(y, keeps ? first * yStep : 0), ySample, cStrides),
          yStep,
          ySample,
          ...weights,
          steps: count,
          samples: of!,
          positions: w.output,
          isZero: Number(isZero && first === 0),
        }),
        ...nestWords({
          lengths: lines,
          strides: [xLines, hStrides, hStrides, cStrides, cStrides].map((s) => s.slice(0, 2)),
        }),
      ];
    };
    const inLines = { lengths: [samples, d.output, h.output], work };
    // Lines of a step read those of the step before, of all parts.
    if (samples < FEW_SAMPLES && steps <= MOST_STEPS && site.shares(inLines))
      for (let t = 0; t < steps; t++) site.split(convRecurrent(static_), inLines, (part) => some(t, 1, part));
    else
      site.split(convRecurrent(static_), { lengths: [samples], work: steps * work }, ({ from, lengths: [count] }) =>
        some(0, steps, { from: [from[0]!, 0, 0], lengths: [count!, d.output, h.output] }),
      );
  };
  if (filtered) {
    const [step, sample] = along(1);
    const frames = { step: backwards ? -step : step, sample, first: backwards ? (steps - 1) * step : 0 };
    const kept = keeps ? { place: y, step: yStep, sample: ySample } : undefined;
    runConvSteps(site, { ...all, frames, cell: activations }, { h: buffers[0]!, isZero, c, y: kept });
  } else plainSteps();

  if (layout === "first" && keeps)
    spatialCopy(site, { ...own(() => yOut.place()), batch: samples * steps }, { place: y, lengths: outputs }, "out");
  if (layout === "first" && cOut.isUsed)
    spatialCopy(
      site,
      own(() => cOut.place()),
      { place: c, lengths: outputs },
      "out",
    );
  const last = { place: shifted(buffers[filtered ? 0 : steps % 2]!, inside), lengths };
  for (const out of [lastY, hOut])
    if (out.isUsed)
      spatialCopy(
        site,
        own(() => out.place()),
        last,
        "out",
      );
  return true;
};
