/**
 * Padded input piece by piece: a padded copy of all of it would take as much memory as the input itself. A piece is some
 * samples, or the outputs of one sample from one line to another.
 */
import type { Windows } from "../../../ops/window.ts";
import { sizeOf } from "../../../core/tensor.ts";
import type { Layout } from "../../../ops/attributes.ts";
import { stridesOf } from "../../../ops/strided.ts";
import { copy, fill } from "../kernels/copy.ts";
import { shifted, type Site } from "../kernels/types.ts";
import { type Padded, padded, paddedLengths, reach, type PaddedSource } from "./padded.ts";

/** A part of the input with its border, and the outputs that come of it. */
export interface Piece {
  readonly input: Padded;
  readonly firstSample: number;
  readonly samples: number;
  /** Outputs along one axis; along the others it has all. */
  readonly axis: number;
  readonly first: number;
  readonly outputs: number;
  /** Brings the input in place: to be called just before it is read. */
  prepare(): void;
}

/** The share of a node's input and output that its padded pieces may take, and what is too little to cut. */
const SHARE = 0.06;
const LEAST = 32 * 1024;

type Lengths = readonly [number, number, number];

const replaced = (lengths: Lengths, axis: number, length: number): Lengths =>
  lengths.map((n, i) => (i === axis ? length : n)) as unknown as Lengths;

/** Input elements along an axis that some outputs next to each other meet. */
const spanOf = ({ stride, size, dilation }: Windows[number], outputs: number): number =>
  (outputs - 1) * stride + (size - 1) * dilation + 1;

/** Pieces in the order in which they can be made: they share their memory. `made`: elements of the output. */
export function piecesOf(
  site: Site,
  made: number,
  source: PaddedSource,
  layout: Layout,
  windows: Windows,
  value: number,
): Piece[] {
  const { batch, channels } = source;
  const axis = windows.findIndex((w) => w.output > 1);
  const whole = (): Piece[] => {
    const input = padded(site, source, layout, windows, value);
    const all = { firstSample: 0, samples: batch, axis: 2, first: 0, outputs: windows[2].output };
    return [{ ...all, input, prepare: () => undefined }];
  };
  const isInside = windows.every((w) => w.before === 0 && reach(w) <= w.input);
  const lengths = paddedLengths(windows);
  const image = 4 * sizeOf(lengths) * channels;
  const own = windows.map((w) => w.input) as unknown as Lengths;
  const used = 4 * batch * sizeOf(own) * channels + 4 * made;
  const budget = Math.max(SHARE * used, LEAST);
  if (isInside || layout === "first" || site.isShared || batch * image <= budget || axis < 0) return whole();

  const samples = Math.max(1, Math.floor(budget / image));
  const line = image / lengths[axis]!;
  const fitting = Math.floor((budget / line - spanOf(windows[axis]!, 1)) / windows[axis]!.stride) + 1;
  const outputs = image <= budget ? windows[axis]!.output : Math.min(windows[axis]!.output, Math.max(1, fitting));
  const held = outputs === windows[axis]!.output ? lengths : replaced(lengths, axis, spanOf(windows[axis]!, outputs));
  const place = site.scratch(4 * samples * sizeOf(held) * channels);
  const input = { place, lengths: held };
  const pieces: Piece[] = [];
  for (let firstSample = 0; firstSample < batch; firstSample += samples) {
    for (let first = 0; first < windows[axis]!.output; first += outputs) {
      const piece = {
        input,
        firstSample,
        samples: Math.min(samples, batch - firstSample),
        axis,
        first,
        outputs: Math.min(outputs, windows[axis]!.output - first),
      };
      pieces.push({ ...piece, prepare: () => bring(site, source, windows, value, piece) });
    }
  }
  return pieces;
}

/** Copies what a piece reads; around it, and where the input ends, there is `value`. */
function bring(
  site: Site,
  { place, channels }: PaddedSource,
  windows: Windows,
  value: number,
  piece: Omit<Piece, "prepare">,
): void {
  const { input, axis, first, firstSample, samples, outputs } = piece;
  const w = windows[axis]!;
  const start = first * w.stride - w.before;
  const span = spanOf(w, outputs);
  const [low, high] = [Math.max(0, start), Math.min(w.input, start + span)];
  const isFirst = firstSample === 0 && first === 0;
  // Padding beside the lines stays as it is; lines of padding are where others had theirs.
  if (isFirst || low > start || high < start + span)
    run(site, fill(input.place, samples * sizeOf(input.lengths) * channels, value, "f32"));
  if (high <= low) return;
  const own = windows.map((window) => window.input);
  const [sample, ...from] = stridesOf([samples, ...own, channels]) as [number, number, number, number, number];
  const goal = stridesOf([samples, ...input.lengths, channels]);
  const before = windows.map((window, i) => (i === axis ? low - start : window.before));
  const at = before.reduce((sum, n, i) => sum + n * goal[1 + i]!, 0);
  const source = shifted(place(), 4 * (firstSample * sample + low * from[axis]!));
  const taken = own.map((n, i) => (i === axis ? high - low : n));
  run(site, copy(source, shifted(input.place, 4 * at), [samples, ...taken, channels], [[sample, ...from], goal], 4));
}

function run(site: Site, { kernel, args }: ReturnType<typeof copy>): void {
  site.run(kernel, args);
}

/** Lines of a piece: input and output over samples and the two outer axes. */
export function pieceLines(piece: Piece, windows: Windows, cin: number, cout: number) {
  const { samples, axis, outputs, first, firstSample, input } = piece;
  const x = stridesOf([samples, ...input.lengths, cin]).map((s) => 4 * s);
  const y = stridesOf([samples, ...windows.map((w) => w.output), cout]).map((s) => 4 * s);
  const [d, h, w] = windows.map((window, i) => (i === axis ? outputs : window.output)) as [number, number, number];
  return {
    lines: {
      lengths: [samples, d, h] as const,
      strides: [[x[0]!, x[1]! * windows[0].stride, x[2]! * windows[1].stride], y.slice(0, 3)] as const,
    },
    positions: w,
    /** Bytes from the start of the output. */
    offset: firstSample * y[0]! + first * y[1 + axis]!,
  };
}
