/** In which operations two graphs first part. */
import { showShape } from "../core/tensor.ts";
import { makesOf, readsOf } from "../ops/slots.ts";
import type { GraphNode, Size, ValueId } from "../ops/types.ts";
import type { Reading } from "./reading.ts";

/** What one of two graphs computes, and the other in its place; neither where the parting cannot be told. */
export interface Parting {
  readonly expected?: string;
  readonly found?: string;
}

/** What one graph computes that the other does not: `cast of float32[B, 4] to int32[B, 4]`. */
function tell({ graph }: Reading, node: GraphNode): string {
  const length = (size: Size | null): number | null => (typeof size === "number" ? size : null);
  const show = (id: ValueId): string => {
    const { dtype, shape } = graph.values.get(id)!;
    return `${dtype}${showShape(shape?.map(length) ?? null)}`;
  };
  const reads = readsOf(node).map(show).join(", ");
  return `${node.op}${reads === "" ? "" : ` of ${reads}`} to ${makesOf(node).map(show).join(", ")}`;
}

/** The first node on the way to some values that the other graph computes nowhere. */
function firstApart(reading: Reading, to: readonly ValueId[], theirs: ReadonlySet<number>): GraphNode | undefined {
  const needed = new Set(to);
  const apart = reading.graph.nodes.toReversed().filter((node) => {
    if (!makesOf(node).some((id) => needed.has(id) && !theirs.has(reading.of(id)))) return false;
    readsOf(node).forEach((id) => needed.add(id));
    return true;
  });
  return apart.at(-1);
}

/** Everything that a graph computes. */
const numbersIn = (reading: Reading): ReadonlySet<number> =>
  new Set(reading.graph.nodes.flatMap((node) => makesOf(node).map((id) => reading.of(id))));

/** Where two graphs part on the way to a call's outputs: what each computes there; nothing where that reads alike. */
export function partingOf(
  [left, right]: readonly [Reading, Reading],
  [own, other]: readonly [readonly ValueId[], readonly ValueId[]],
): Parting {
  const [mine, theirs] = [firstApart(left, own, numbersIn(right)), firstApart(right, other, numbersIn(left))];
  const expected = mine && { expected: tell(left, mine) };
  const found = theirs && tell(right, theirs);
  const isSame = found !== undefined && found === expected?.expected;
  return { ...expected, ...(found && { found: isSame ? "the same of other numbers or options" : found }) };
}
