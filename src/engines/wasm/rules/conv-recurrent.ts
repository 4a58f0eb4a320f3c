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
import { type NodeInput, type Output, type Place, type Rule, shifted } from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";
import { hasFewRuns, insideOf, padded, paddedLengths, runsOf, spatialCopy } from "./padded.ts";
import { packed } from "./gates.ts";
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
  const input = padded(site, source, layout, windows, 0);
  const lengths = paddedLengths(ofH);
  const inside = insideOf(ofH, lengths, filters);
  const hBytes = 4 * sizeOf(lengths) * filters;
  const buffers = [site.scratch(samples * hBytes), site.scratch(samples * hBytes)] as const;
  const own = (place: () => Place) => ({ place, batch: samples, channels: filters, layout, lengths: outputs });
  const run = ({ kernel: k, args }: ReturnType<typeof fill>): void => site.run(k, args);
  for (const buffer of buffers) run(fill(buffer, (samples * hBytes) / 4, 0, "f32"));
  const isZero = h0.filled === 0;
  if (!isZero)
    spatialCopy(
      site,
      own(() => h0.place()),
      { place: shifted(buffers[0], inside), lengths },
      "in",
    );
  const c = layout === "last" ? cOut.place() : site.scratch(4 * samples * state);
  spatialCopy(
    site,
    own(() => c0.place()),
    { place: c, lengths: outputs },
    "in",
  );
  const keeps = yOut.isUsed;
  const y = !keeps ? c : layout === "last" ? yOut.place() : site.scratch(4 * samples * steps * state);

  const frameBytes = 4 * sizeOf(input.lengths) * channels;
  const along = (bytes: number): readonly [number, number] =>
    batchFirst ? [bytes, steps * bytes] : [samples * bytes, bytes];
  const [xStep, xSample] = along(frameBytes);
  const [yStep, ySample] = along(4 * state);
  const backwards = site.attrs.goBackwards;
  const [d, h, w] = windows;
  const xStrides = stridesOf([...input.lengths, channels]).map((s) => 4 * s);
  const hStrides = stridesOf([...lengths, filters]).map((s) => 4 * s);
  const cStrides = stridesOf([...outputs, filters]).map((s) => 4 * s);
  const lines = nestWords({
    lengths: [d.output, h.output],
    strides: [[xStrides[0]! * d.stride, xStrides[1]! * h.stride], hStrides, hStrides, cStrides, cStrides],
  });
  const static_ = {
    activation: attrs.activation.fn,
    recurrentActivation: attrs.recurrentActivation.fn,
    filters,
    x: { runs: runsOf(windows, input.lengths, channels), step: 4 * w.stride * channels },
    h: { runs: runsOf(ofH, lengths, filters), step: 4 * filters },
    bias: bias !== null,
    sequence: keeps,
  };
  const work = samples * steps * sizeOf(outputs) * 4 * filters * (taps(windows) * channels + taps(ofH) * filters);
  const firstX = backwards ? shifted(input.place, (steps - 1) * xStep) : input.place;
  site.split(convRecurrent(static_), { lengths: [samples], work }, ({ from: [sample], lengths: [count] }) => [
    ...inWords(CONV_RECURRENT, {
      x: shifted(firstX, sample! * xSample),
      xStep: backwards ? -xStep : xStep,
      xSample,
      h: shifted(buffers[0], sample! * hBytes),
      hOther: shifted(buffers[1], sample! * hBytes),
      hInside: inside,
      hSample: hBytes,
      c: shifted(c, sample! * 4 * state),
      cSample: 4 * state,
      y: shifted(y, sample! * ySample),
      yStep,
      ySample,
      kernel: packed(site, filters, GATES, kernel, taps(windows) * channels),
      recurrent: packed(site, filters, GATES, recurrent, taps(ofH) * filters),
      bias: bias === null ? 0 : packed(site, filters, GATES, bias, 1),
      steps,
      samples: count!,
      positions: w.output,
      isZero: Number(isZero),
    }),
    ...lines,
  ]);

  if (layout === "first" && keeps)
    spatialCopy(site, { ...own(() => yOut.place()), batch: samples * steps }, { place: y, lengths: outputs }, "out");
  if (layout === "first" && cOut.isUsed)
    spatialCopy(
      site,
      own(() => cOut.place()),
      { place: c, lengths: outputs },
      "out",
    );
  const last = { place: shifted(buffers[steps % 2]!, inside), lengths };
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
