/**
 * Softmax, and attention: scores of some rows at a time, as many as stay near the processor, go through the chains and the
 * softmax to the second product. What they are made of is packed once.
 */
import { sizeOf } from "../../../core/tensor.ts";
import { element } from "../kernels/copy.ts";
import type { ScalarLoop } from "../kernels/elementwise.ts";
import { SOFTMAX, softmaxRows } from "../kernels/softmax.ts";
import { MOST_ROWS } from "../kernels/tile.ts";
import {
  type AttentionSite,
  type LastRule,
  type NodeInput,
  type Place,
  type ScoreChain,
  type Site,
  shifted,
} from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";
import type { NodeOf, Value, ValueId } from "../../../ops/types.ts";
import { broadcastOperand, chainWalk } from "./elementwise.ts";
import { matrices, packMatrix, type Product, productOf, runGemm, transposeHere } from "./matmul.ts";
import { STEP } from "./walk.ts";

export { withAttention } from "../attend.ts";

/** Over the last axes, of float32. */
export function takesSoftmax(
  { in: { x }, attrs: { axes } }: NodeOf<"softmax">,
  values: ReadonlyMap<ValueId, Value>,
): boolean {
  // prettier-ignore
  const { shape, dtype } = values.get(x)!;
  const rank = shape!.length;
  const last = [...axes].sort((a, b) => a - b).every((axis, i) => axis === rank - axes.length + i);
  return dtype === "float32" && last && axes.length > 0;
}

const softmaxArgs = (input: Place, output: Place, rows: number, length: number) =>
  inWords(SOFTMAX, { input, output, rows, vectors: Math.floor(length / 4) });

export const softmaxRule: LastRule<"softmax"> = (site) => {
  const { x } = site.in;
  const { y } = site.out;
  const size = sizeOf(x.shape);
  const length = site.attrs.axes.reduce((n, axis) => n * x.shape[axis]!, 1);
  const cut = { lengths: [size / length], work: size * STEP };
  site.split(softmaxRows(length % 4), cut, ({ from: [first], lengths: [rows] }) => {
    const [input, output] = [x.place(), y.place()].map((place) => shifted(place, 4 * first! * length)) as [Place, Place]; // prettier-ignore
    return softmaxArgs(input, output, rows!, length);
  });
};

/** Bytes of scores that are made at a time. */
const TILE = 1 << 17;

/** A chain over `rows` rows of the scores of a matrix, from `first` on. */
function runChain(
  site: Site,
  scalars: () => ScalarLoop,
  { steps, at }: ScoreChain,
  others: readonly NodeInput[],
  shape: readonly number[],
  index: readonly number[],
  [first, rows]: readonly [number, number],
  [from, to]: readonly [Place, Place],
): void {
  const columns = shape.at(-1)!;
  const scores = (place: Place) => ({ dtype: "float32" as const, place, strides: [4 * columns, 4] });
  const operands = others.map((x) => {
    const { strides, place, dtype } = broadcastOperand(x, shape);
    const bytes = [...index, first].reduce((sum, n, axis) => sum + n * strides[axis]!, 0);
    return { dtype, place: shifted(place, bytes), strides: strides.slice(-2) };
  });
  operands.splice(at, 0, scores(from));
  const { kernel, axes, places, args } = chainWalk(steps, [rows, columns], [...operands, scores(to)], scalars);
  site.run(kernel, args(places, axes));
}

/** B of every matrix in panels, each one once. */
function packAll(site: Site, x: NodeInput, p: Product): Place[] {
  const packed = new Map<number, Place>();
  return Array.from(matrices(p), ([, , at]) => {
    const known = packed.get(at) ?? packMatrix(site, element(x.place(), at * p.depth * p.columns, 4), p);
    packed.set(at, known);
    return known;
  });
}

/** Plans an attention. */
export function attentionRule(site: AttentionSite, scalars: () => ScalarLoop): undefined {
  const { shape, product, combine, before, after } = site.attention;
  const { a, b, v } = site.in;
  const { y } = site.out;
  const first = productOf(a.shape, b.shape, shape, product);
  const second = productOf(shape, v.shape, y.shape, combine);
  const { rows, depth, columns: length, lead } = first;
  const keys = packAll(site, b, first);
  const values = packAll(site, v, second);
  const queries = Array.from(matrices(first), ([, at]) => {
    const from = element(a.place(), at * rows * depth, 4);
    return product.transposeA ? transposeHere(site, from, first) : from;
  });
  const most = Math.max(MOST_ROWS, Math.floor(TILE / (4 * length * MOST_ROWS)) * MOST_ROWS);
  const tile = Math.min(most, rows);
  const tiles = Math.ceil(rows / tile);
  const scratch: [Place, Place][] = [];
  const hasChain = before !== null || after !== null;
  const work = queries.length * rows * length * (depth + second.columns + STEP);
  site.share({ lengths: [queries.length, tiles], work }, ({ from, lengths }, slot) => {
    const bytes = 4 * tile * length;
    scratch[slot] ??= [site.scratch(bytes), site.scratch(hasChain ? bytes : 0)];
    for (let i = from[0]!; i < from[0]! + lengths[0]!; i++) {
      const index = indexOf(i, lead);
      for (let t = from[1]!; t < from[1]! + lengths[1]!; t++) {
        const at = t * tile;
        const here = Math.min(tile, rows - at);
        let [scores, other] = scratch[slot];
        const through = (chain: ScoreChain | null, others: readonly NodeInput[]): void => {
          if (chain === null) return;
          runChain(site, scalars, chain, others, shape, index, [at, here], [scores, other]);
          [scores, other] = [other, scores];
        };
        runGemm(site, { depth, columns: length, bias: false }, [shifted(queries[i]!, 4 * at * depth), keys[i]!, scores, here, 0]); // prettier-ignore
        through(before, site.in.before);
        site.run(softmaxRows(length % 4), softmaxArgs(scores, scores, here, length));
        through(after, site.in.after);
        const to = shifted(y.place(), 4 * (i * rows + at) * second.columns);
        runGemm(site, { depth: length, columns: second.columns, bias: false }, [scores, values[i]!, to, here, 0]);
      }
    }
  });
}

function indexOf(i: number, lengths: readonly number[]): number[] {
  let rest = i;
  return lengths.map((_, axis) => {
    const own = sizeOf(lengths.slice(axis + 1));
    const index = Math.floor(rest / own);
    rest -= index * own;
    return index;
  });
}
