/** Layer outputs of two runs, compared call by call: one graph on two backends, or two models. */
import type { Limits } from "../core/limits.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Graph, ValueId } from "../ops/types.ts";
import type { RunOptions } from "../engines/types.ts";
import { openSession, type RuntimeOptions } from "../engines/index.ts";
import { compareTensors, type Tolerance } from "./compare.ts";
import { type CalledLayer, layerCalls } from "./layer-calls.ts";
import type { LayerComparison } from "./report.ts";

/** A graph and where it runs. */
export interface Side extends RuntimeOptions {
  readonly graph: Graph;
  readonly limits?: Limits;
  readonly run?: RunOptions;
}

/** The wanted values of a graph for several calls in a row, from a session of their own. */
export async function watchValues(
  { graph, run, ...options }: Side,
  calls: readonly (readonly Tensor[])[],
  wanted: readonly ValueId[],
): Promise<readonly ReadonlyMap<ValueId, Tensor>[]> {
  const ids = [...new Set(wanted)];
  const session = await openSession({ ...graph, outputs: ids }, options);
  try {
    const values: Map<ValueId, Tensor>[] = [];
    for (const inputs of calls) {
      const made = await session.run(inputs, run);
      values.push(new Map(ids.map((id, i) => [id, made[i]!])));
    }
    return values;
  } finally {
    session.dispose();
  }
}

const keyOf = ({ path, index }: CalledLayer): string => `${index}:${path}`;

/** Calls of two graphs that belong together: by name where the names agree, else by class and order. */
function pairCalls(a: Graph, b: Graph): readonly (readonly [CalledLayer, CalledLayer])[] {
  const [left, right] = [layerCalls(a), layerCalls(b)];
  const byName = new Map(right.map((call) => [keyOf(call), call]));
  const named = left.flatMap((call) => {
    const other = byName.get(keyOf(call));
    return other === undefined ? [] : [[call, other] as const];
  });
  if (named.length * 2 >= Math.min(left.length, right.length)) return named;
  const pairs: (readonly [CalledLayer, CalledLayer])[] = [];
  let next = 0;
  for (const call of left) {
    const at = right.findIndex(
      (other, i) => i >= next && other.class === call.class && other.outputs.length === call.outputs.length,
    );
    if (at < 0) continue;
    pairs.push([call, right[at]!]);
    next = at + 1;
  }
  return pairs;
}

const watched = (calls: readonly CalledLayer[]): ValueId[] =>
  calls.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);

/** Every layer of `found` beside its partner in `expected`, in the order of computing. */
export async function compareLayers(
  found: Side,
  expected: Side,
  calls: readonly (readonly Tensor[])[],
  tolerance: Tolerance,
): Promise<readonly LayerComparison[]> {
  const pairs = pairCalls(found.graph, expected.graph);
  if (pairs.length === 0) return [];
  const [ours, theirs] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
  const a = await watchValues(found, calls, watched(ours));
  const b = await watchValues(expected, calls, watched(theirs));
  return calls.flatMap((_, step) =>
    pairs.map(([left, right]): LayerComparison => {
      const compare = (what: string, ids: readonly ValueId[], others: readonly ValueId[]) =>
        ids.slice(0, others.length).map((id, i) => {
          const [x, y] = [a[step]!.get(id)!, b[step]!.get(others[i]!)!];
          return compareTensors(`${what}/${i}`, x, y, tolerance);
        });
      const outputs = compare("outputs", left.outputs, right.outputs);
      const inputs = compare("inputs", left.inputs, right.inputs);
      const ok = outputs.every((tensor) => tensor.ok);
      return { layer: left.path, class: left.class, call: left.index, step, ok, inputs, outputs };
    }),
  );
}
