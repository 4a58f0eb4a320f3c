/** ConvLSTM1D, 2D and 3D without a mask, run whole. */
import { sizeOf } from "../../core/tensor.ts";
import { type ConvLstmAttrs, recurrentConv } from "../../ops/conv_lstm_cell.ts";
import { stridesOf } from "../../ops/strided.ts";
import type { Graph, GraphNode, Value, ValueId } from "../../ops/types.ts";
import { channelsOf, spatialOf, trimmed, windowsOf } from "../../ops/window.ts";
import { isFused } from "../kernels/activations.ts";
import { convRecurrent } from "../kernels/conv-recurrent.ts";
import { fill } from "../kernels/copy.ts";
import { nestWords } from "../kernels/nest.ts";
import { type Place, type Rule, shifted } from "../kernels/types.ts";
import { hasFewRuns, insideOf, padded, paddedLengths, runsOf, spatialCopy, type Windows } from "./padded.ts";
import { cellOf, packed, refuseNoSteps } from "./recurrent.ts";

const convCellOf = (body: Graph) => cellOf(body, (node) => node.op === "convLstmCell");

export function takesConvRnn(node: GraphNode, values: ReadonlyMap<ValueId, Value>): boolean {
  const cell = convCellOf(node.body!);
  if (cell === undefined || node.attrs["masked"] === true) return false;
  const { activation, recurrentActivation, conv } = cell.attrs as unknown as ConvLstmAttrs;
  const isSmall = cell.in.slice(3, 5).every((id) => {
    const shape = node.body!.values.get(id)!.shape as readonly number[];
    return hasFewRuns(shape.slice(0, -2), conv.dilation);
  });
  const x = values.get(node.in[0]!)!.shape as readonly number[];
  const size = (node.body!.values.get(cell.in[3]!)!.shape as readonly number[]).slice(0, -2);
  const windows = windowsOf(spatialOf(x.slice(1), conv.layout), { ...conv, size });
  // Taps that only padding meets are far away.
  const isNear = windows.every((window) => trimmed(window).window.size === window.size);
  const floats = [...node.in, ...cell.in].every(
    (id) => (values.get(id) ?? node.body!.values.get(id))?.dtype === "float32",
  );
  return isSmall && isNear && floats && isFused(activation) && isFused(recurrentActivation) && conv.groups === 1;
}

const GATES = { first: 0, count: 4, total: 4 };

export const convRnnRule: Rule = (site) => {
  const body = site.body!;
  const cell = convCellOf(body);
  if (cell === undefined) return false;
  const attrs = cell.attrs as unknown as ConvLstmAttrs;
  const { layout } = attrs.conv;
  const [x, h0] = [site.inputs[0]!, site.inputs[1]!];
  const batchFirst = site.attrs["axis"] === 1;
  const [major, minor, ...frame] = x.shape as [number, number, ...number[]];
  const [samples, steps] = batchFirst ? [major, minor] : [minor, major];
  refuseNoSteps(steps);
  const channels = channelsOf([samples, ...frame], layout);
  const filters = channelsOf(h0.shape, layout);
  // Inputs: x, h, c, then what the body captures.
  const operand = (index: number): number | undefined => {
    const at = body.captures.findIndex((capture) => capture.inner === cell.in[3 + index]);
    return at < 0 ? undefined : 3 + at;
  };
  const [kernel, recurrent, bias] = [operand(0)!, operand(1)!, operand(2)];
  const windows = windowsOf(spatialOf([samples, ...frame], layout), {
    ...attrs.conv,
    size: site.inputs[kernel]!.shape.slice(0, -2),
  });
  const size = site.inputs[recurrent]!.shape.slice(0, -2);
  const ofH = windowsOf(spatialOf(h0.shape, layout), { ...recurrentConv(attrs), size });
  const taps = (of: Windows): number => of.reduce((product, w) => product * w.size, 1);
  const outputs = windows.map((w) => w.output) as unknown as [number, number, number];
  const state = sizeOf(outputs) * filters;

  const source = { place: () => site.input(0), batch: samples * steps, channels };
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
      own(() => site.input(1)),
      { place: shifted(buffers[0], inside), lengths },
      "in",
    );
  const c = layout === "last" ? site.output(3) : site.scratch(4 * samples * state);
  spatialCopy(
    site,
    own(() => site.input(2)),
    { place: c, lengths: outputs },
    "in",
  );
  const keeps = site.isUsed(0);
  const y = !keeps ? c : layout === "last" ? site.output(0) : site.scratch(4 * samples * steps * state);

  const frameBytes = 4 * sizeOf(input.lengths) * channels;
  const along = (bytes: number): readonly [number, number] =>
    batchFirst ? [bytes, steps * bytes] : [samples * bytes, bytes];
  const [xStep, xSample] = along(frameBytes);
  const [yStep, ySample] = along(4 * state);
  const backwards = site.attrs["goBackwards"] === true;
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
    bias: bias !== undefined,
    sequence: keeps,
  };
  const work = samples * steps * sizeOf(outputs) * 4 * filters * (taps(windows) * channels + taps(ofH) * filters);
  const firstX = backwards ? shifted(input.place, (steps - 1) * xStep) : input.place;
  site.split(convRecurrent(static_), { lengths: [samples], work }, ({ from: [sample], lengths: [count] }) => [
    shifted(firstX, sample! * xSample),
    backwards ? -xStep : xStep,
    xSample,
    ...buffers.map((buffer) => shifted(buffer, sample! * hBytes)),
    inside,
    hBytes,
    shifted(c, sample! * 4 * state),
    4 * state,
    shifted(y, sample! * ySample),
    yStep,
    ySample,
    packed(site, filters, GATES, kernel, taps(windows) * channels),
    packed(site, filters, GATES, recurrent, taps(ofH) * filters),
    bias === undefined ? 0 : packed(site, filters, GATES, bias, 1),
    steps,
    count!,
    w.output,
    Number(isZero),
    ...lines,
  ]);

  if (layout === "first" && keeps)
    spatialCopy(site, { ...own(() => site.output(0)), batch: samples * steps }, { place: y, lengths: outputs }, "out");
  if (layout === "first" && site.isUsed(3))
    spatialCopy(
      site,
      own(() => site.output(3)),
      { place: c, lengths: outputs },
      "out",
    );
  const last = { place: shifted(buffers[steps % 2]!, inside), lengths };
  for (const index of [1, 2])
    if (site.isUsed(index))
      spatialCopy(
        site,
        own(() => site.output(index)),
        last,
        "out",
      );
  return true;
};
