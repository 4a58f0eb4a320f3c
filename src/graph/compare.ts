/** Whether two graphs compute the same: for a model read under two generations' meaning. */
import type { DType } from "../core/dtype.ts";
import { isNode } from "../ops/slots.ts";
import type { Graph, GraphNode, ValueId, WeightRef } from "../ops/types.ts";
import { partingOf, type Parting } from "./differences.ts";
import { Expressions, sharedPaths } from "./expressions.ts";
import { Reading } from "./reading.ts";
import { NONE, type Wholes } from "./wholes.ts";

/** How two graphs of one model compare. */
export interface Comparison {
  /** The path of the first call that they compute differently; null when there is none. */
  readonly different: string | null;
  /** What each computes there: worked out where it is to be told. */
  readonly parting?: () => Parting;
  /** Where they differ for a few values only: a line each. */
  readonly details: readonly string[];
}

const LOWERED_ROWS = "attention of rows that are masked throughout, where a score is beyond 32";
const ZEROED_ROWS = "softmax of rows that are masked throughout, zeros in one of them alone";

/** Whether what two graphs differ in is told to be rows that are masked throughout. */
export const tellsRows = (details: readonly string[]): boolean =>
  details.includes(LOWERED_ROWS) || details.includes(ZEROED_ROWS);

/**
 * The graph with all rows that are masked throughout as one generation has them: what is lowered is overwritten, and no
 * softmax becomes zeros. Nothing else of it is another, so that two graphs that differ there alone compute the same.
 */
export function withRowsAlike(graph: Graph): Graph {
  const { graph: lean, lowers, zeroes } = new Reading(graph, new Expressions(true));
  const values = new Map(lean.values);
  let next = [...values.keys()].reduce((most, id) => Math.max(most, id), 0);
  const constant = (number: number, dtype: DType): ValueId => {
    const from = { constant: { dtype: "float64" as const, shape: [], data: Float64Array.of(number) } };
    values.set(++next, { dtype, shape: [], from });
    return next;
  };
  const alike = (node: GraphNode): GraphNode => {
    const least = lowers.get(node);
    if (!isNode(node, "where")) return node.body === undefined ? node : { ...node, body: of(node.body) };
    if (zeroes.has(node)) return { ...node, in: { ...node.in, b: node.in.a } };
    return least === undefined
      ? node
      : { ...node, in: { ...node.in, b: constant(least, values.get(node.out.y)!.dtype) } };
  };
  const of = (body: Graph): Graph => ({ ...body, values, nodes: body.nodes.map(alike) });
  return of(lean);
}

/**
 * Compares what two generations compute of one model. `others`: calls, by their paths, that the other generation says in
 * these calls, the last of which gives what they give: of them what they read is compared.
 */
export function compareMeanings(a: Graph, b: Graph, others?: ReadonlyMap<string, readonly string[]>): Comparison {
  if (others === undefined) return compared(a, b, NONE, NONE);
  const own = new Map([...others.keys()].map((name) => [name, { name, isLast: true }]));
  const parts = new Map(
    [...others].flatMap(([name, paths]) =>
      paths.map((path, i) => [path, { name, isLast: i === paths.length - 1 }] as const),
    ),
  );
  return compared(a, b, own, parts);
}

function compared(a: Graph, b: Graph, own: Wholes, parts: Wholes): Comparison {
  const expressions = new Expressions(true, sharedPaths(a, b));
  const [left, right] = [new Reading(a, expressions, own), new Reading(b, expressions, parts)];
  if (left.outputs() === right.outputs()) {
    const least = [...left.lengths].map(([number, one]) => Math.max(one, right.lengths.get(number) ?? one));
    const isOther = [...left.lengths].some(([number, one]) => right.lengths.get(number) !== one);
    const shorter = Number(Math.max(...least).toPrecision(2));
    const details: readonly (readonly [boolean, string])[] = [
      [left.ordersZeros !== right.ordersZeros, "the order of -0 and 0, where the largest is looked for"],
      [left.refusesOthers !== right.refusesOthers, "whole numbers out of range, which only one of them refuses"],
      [left.lowers.size !== right.lowers.size, LOWERED_ROWS],
      [left.zeroes.size !== right.zeroes.size, ZEROED_ROWS],
      [isOther, `vectors shorter than ${shorter}, where they are made ones of length 1`],
    ];
    return { different: null, details: details.filter(([isSo]) => isSo).map(([, line]) => line) };
  }
  const others = new Map(right.calls().map((call) => [call.key, call.outputs]));
  const different = left.calls().filter((call) => others.get(call.key) !== call.outputs);
  // A call that the other has not is told only where nothing else is.
  const first = different.find(({ key }) => others.has(key)) ?? different[0];
  const called = ({ graph }: Reading) =>
    graph.calls.find(({ path, index }) => first !== undefined && `${path}#${index}` === first.key)?.outputs;
  return {
    different: first?.path ?? a.calls.at(-1)?.path ?? "",
    parting: () => partingOf([left, right], [called(left) ?? a.outputs, called(right) ?? b.outputs]),
    details: [],
  };
}

/**
 * Two graphs that do the same to their weights: those weights, one beside the other. null where that cannot be seen from
 * the graphs, though they may compute the same.
 */
export function sameOperations(a: Graph, b: Graph): readonly (readonly [WeightRef, WeightRef])[] | null {
  const expressions = new Expressions(false);
  const [left, right] = [new Reading(a, expressions), new Reading(b, expressions)];
  const isSame = left.outputs() === right.outputs() && left.weights.length === right.weights.length;
  return isSame ? left.weights.map((weight, i) => [weight, right.weights[i]!]) : null;
}
