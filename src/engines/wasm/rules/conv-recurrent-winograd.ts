/** ConvLSTM whose convolutions take less by minimal filtering: their sums go through memory, step by step. */
import { sizeOf } from "../../../core/tensor.ts";
import { stridesOf } from "../../../ops/strided.ts";
import { wholeOf, type Windows } from "../../../ops/window.ts";
import { CONV_CELL, type ConvCell, convCell } from "../kernels/conv-cell.ts";
import { matrixPacking } from "../kernels/gemm.ts";
import { nestWords } from "../kernels/nest.ts";
import { type NodeInput, type Place, shifted, type Site } from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";
import { biasOf, linesOf, runLines } from "./conv-fast.ts";
import { productInParts } from "./matmul.ts";
import { padded, type PaddedSource, runsOf } from "./padded.ts";
import type { Layout } from "../../../ops/attributes.ts";
import { filteredWeight, isForWinograd, runWinograd, type WinogradRoom } from "./winograd.ts";

/** Bytes of sums that caches hold: samples that go together. */
const SUMS_BYTES = 2 ** 20;
/** Most steps of a plan, those of other samples counted too. */
const MOST_STEPS = 1024;

/** A convolutional LSTM: what is read, and where all of it goes. */
export interface ConvSteps {
  readonly samples: number;
  readonly steps: number;
  readonly filters: number;
  /** All frames. */
  readonly source: PaddedSource;
  readonly layout: Layout;
  /** Frames from the first step of a sample to the next one's and to the next sample's; which is the first. */
  readonly frames: { readonly step: number; readonly sample: number; readonly first: number };
  readonly windows: Windows;
  readonly ofH: Windows;
  readonly kernel: NodeInput;
  readonly recurrent: NodeInput;
  readonly bias: NodeInput | null;
  readonly cell: Pick<ConvCell, "activation" | "recurrentActivation">;
}

/** Whether it takes less so. */
export function isForFiltering(
  c: Pick<ConvSteps, "samples" | "steps" | "filters" | "ofH" | "kernel" | "recurrent">,
): boolean {
  const { samples, steps, filters, ofH, kernel, recurrent } = c;
  if (kernel.weight === undefined || recurrent.weight === undefined) return false;
  const turns = steps * Math.ceil(samples / together(c));
  return turns <= MOST_STEPS && isForWinograd({ windows: ofH, cin: filters, cout: 4 * filters });
}

/** Samples that go together. */
function together({ samples, filters, ofH }: Pick<ConvSteps, "samples" | "filters" | "ofH">): number {
  const sums = 16 * filters * ofH.reduce((product, w) => product * w.output, 1);
  return Math.max(1, Math.min(samples, Math.floor(SUMS_BYTES / sums)));
}

/** States and outputs, channels last: h, where it is zero before the first step, and y with the bytes along its axes. */
export interface ConvStates {
  readonly h: Place;
  readonly isZero: boolean;
  readonly c: Place;
  readonly y: { readonly place: Place; readonly step: number; readonly sample: number } | undefined;
}

/** Plans all steps. */
export function runConvSteps(site: Site, all: ConvSteps, { h, isZero, c, y }: ConvStates): void {
  const { samples, steps, filters, source, layout, frames, windows, ofH, kernel, recurrent } = all;
  const columns = 4 * filters;
  const cin = source.channels;
  const outputs = windows.map((w) => w.output);
  const positions = sizeOf(outputs);
  const atOnce = together(all);
  const bias = biasOf(site, all.bias, columns);
  const sums = () => site.scratch(4 * atOnce * positions * columns);
  const [ofX, ofHidden] = [sums(), sums()];
  const xIsFiltered = isForWinograd({ windows, cin, cout: columns });
  const input = padded(site, source, layout, xIsFiltered ? wholeOf(windows) : windows, 0);
  const frame = 4 * sizeOf(input.lengths) * cin;
  const rooms: { readonly x: WinogradRoom[]; readonly h: WinogradRoom[] } = { x: [], h: [] };
  const [, , w] = windows;
  const depth = cin * windows.reduce((product, axis) => product * axis.size, 1);
  const lda = 4 * w.stride * cin;
  const state = 4 * positions * filters;
  const hSizes = { windows: ofH, cin: filters, cout: columns };

  /** Sums of x of some samples at one step. */
  const convolveX = (from: Place, count: number): void => {
    const sampleBytes = frames.sample * frame;
    if (xIsFiltered) {
      const sizes = { windows, cin, cout: columns };
      const weights = filteredWeight(site, kernel, sizes);
      const places = { input: from, sampleBytes, weights, output: ofX, bias, rooms: rooms.x };
      runWinograd(site, sizes, count, places);
      return;
    }
    const lines = linesOf(count, windows, input, cin, columns);
    const { lengths, strides: [[, ...ofInput], ofOutput] } = lines; // prettier-ignore
    const weights = site.packed(kernel, matrixPacking(depth, columns, false));
    const product = {
      runs: runsOf(windows, input.lengths, cin),
      lda,
      ldc: 4 * columns,
      columns,
      bias: bias !== undefined,
    };
    const operands = { input: from, kernel: weights, output: ofX, positions: w.output, bias: bias ?? 0 };
    for (const part of productInParts(site, product, w.output))
      runLines(
        site,
        { ...part, part, steps: [lda, 4 * columns] },
        { lengths, strides: [[sampleBytes, ...ofInput], ofOutput] },
        operands,
        w.output * depth * columns,
      );
  };

  for (let first = 0; first < samples; first += atOnce) {
    const count = Math.min(atOnce, samples - first);
    const states = [h, c].map((place) => shifted(place, first * state)) as [Place, Place];
    const [hHere, cHere] = states;
    for (let t = 0; t < steps; t++) {
      const at = frames.first + first * frames.sample + t * frames.step;
      convolveX(shifted(input.place, at * frame), count);
      const hasH = t > 0 || !isZero;
      if (hasH)
        runWinograd(site, hSizes, count, {
          input: hHere,
          sampleBytes: state,
          weights: filteredWeight(site, recurrent, hSizes),
          output: ofHidden,
          bias: undefined,
          rooms: rooms.h,
        });
      const yHere = y === undefined ? hHere : shifted(y.place, first * y.sample + t * y.step);
      const hLines = outputs[0]! * outputs[1]!;
      const sumsBytes = stridesOf([count, hLines, 4 * outputs[2]! * columns]);
      const stateBytes = stridesOf([count, hLines, 4 * outputs[2]! * filters]);
      const strides = [sumsBytes, sumsBytes, stateBytes, stateBytes, [y?.sample ?? state, stateBytes[1]!, 1]];
      const cell = convCell({ ...all.cell, filters, hasH, sequence: y !== undefined });
      // An element of a cell takes as long as some multiply-adds.
      const cut = { lengths: [count, hLines], work: 64 * count * positions * filters };
      site.split(cell, cut, ({ from, lengths }) => {
        const [x, hSums, cAt, hAt, yAt] = [ofX, ofHidden, cHere, hHere, yHere].map((place, i) =>
          shifted(place, from[0]! * strides[i]![0]! + from[1]! * strides[i]![1]!),
        ) as [Place, Place, Place, Place, Place];
        return [
          ...inWords(CONV_CELL, { ofX: x, ofH: hSums, c: cAt, h: hAt, y: yAt, positions: outputs[2]! }),
          ...nestWords({ lengths, strides: strides.map((s) => s.slice(0, 2)) }),
        ];
      });
    }
  }
}
