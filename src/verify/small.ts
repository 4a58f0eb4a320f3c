/** Models on smaller inputs than they declare: what two of them compute alike shows there as well, and sooner. */
import { FormatError } from "../core/error.ts";
import { type Traced, trace } from "../graph/trace.ts";
import type { LayerNode } from "../layers/define.ts";
import type { Graph, Shape } from "../ops/types.ts";
import { inputsOf } from "../model/walk.ts";

/** Tried in turn: the longest that an axis of time or of space may be. */
const LONGEST = [32, 64, 96, 128];

/** The batch and features stay; in images either of the outer axes may be the channels, which are few. */
const cut = (shape: Shape, longest: number): Shape =>
  shape.map((n, axis) => {
    const stays = n === null || axis === 0 || shape.length < 3 || (shape.length === 3 && axis === 2);
    return stays ? n : Math.min(n, longest);
  });

/** Whether something is left of every value: a mean of nothing equals any other. */
const isWhole = ({ values }: Graph): boolean =>
  [...values.values()].every(({ shape }) => shape?.every((n) => n === null || n > 0) ?? true);

/** Both models' graphs for inputs cut as short as they take; null where that is not shorter than they declare. */
export function smallTraces(a: LayerNode, b: LayerNode): readonly [Traced, Traced] | null {
  const shapes = inputsOf(a).map(({ shape }) => shape);
  for (const longest of LONGEST) {
    const short = shapes.map((shape) => shape && cut(shape, longest));
    if (short.every((shape, i) => shape?.every((n, axis) => n === shapes[i]![axis]) ?? true)) return null;
    try {
      const pair = [trace(a, short, true), trace(b, short, true)] as const;
      if (pair.every(({ graph }) => isWhole(graph))) return pair;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return null;
}
