/** Many elements to one, and products. */
import { ELEMENT } from "../../formats/onnx.ts";
import type { ARG_REDUCE, REDUCE, REDUCE_BOOL } from "../../ops/signatures.ts";
import type { OnnxGraph } from "./graph.ts";
import { type OnnxRule, worked } from "./rule.ts";

type Fold = OnnxRule<(typeof REDUCE)[number]>;

/** Before version 18 the axes of all but the sum are an attribute. */
function reduction(g: OnnxGraph, op: string, name: string, axes: readonly number[], keepdims: boolean): string {
  const keeps = { keepdims: Number(keepdims) };
  if (g.opset < 18 && op !== "ReduceSum") return g.node(op, [name], { ...keeps, axes });
  return g.node(op, [name, g.ints(axes)], keeps);
}

/** Over axes of what a transpose made: over the same axes before it. */
function reduced(g: OnnxGraph, op: string, name: string, axes: readonly number[], keepdims: boolean): string {
  if (axes.length === 0) return name;
  const before = g.source(name);
  if (before === undefined) return reduction(g, op, name, axes, keepdims);
  const own = axes.map((axis) => before.perm[axis]!);
  const made = reduction(g, op, before.name, own, keepdims);
  if (keepdims) return g.transpose(made, before.perm);
  const kept = before.perm.filter((axis) => !own.includes(axis));
  const order = [...kept].sort((a, b) => a - b);
  return g.transpose(
    made,
    kept.map((axis) => order.indexOf(axis)),
  );
}

const fold =
  (op: string): Fold =>
  (g, { x }, { axes, keepdims }) => ({ y: worked(g, [x], ([name]) => reduced(g, op, name!, axes, keepdims)) });

const foldBool =
  (op: string): OnnxRule<(typeof REDUCE_BOOL)[number]> =>
  (g, { x }, { axes, keepdims }) => {
    const made = reduced(g, op, g.cast(x.name, "bool", "int32"), axes, keepdims);
    return { y: g.cast(made, "int32", "bool") };
  };

const arg =
  (op: string): OnnxRule<(typeof ARG_REDUCE)[number]> =>
  (g, { x }, { axis, keepdims }) => ({
    y: worked(
      g,
      [x],
      ([name]) => g.node("Cast", [g.node(op, [name!], { axis, keepdims: Number(keepdims) })], { to: ELEMENT.int32 }),
      "int32",
    ),
  });

const matmul: OnnxRule<"matmul"> = (g, { a, b }, { transposeA, transposeB }) => ({
  y: worked(g, [a, b], ([left, right]) => {
    const turn = (name: string, rank: number): string =>
      g.transpose(name, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
    return g.node("MatMul", [
      transposeA ? turn(left!, a.shape.length) : left!,
      transposeB ? turn(right!, b.shape.length) : right!,
    ]);
  }),
});

export const reductions = {
  sum: fold("ReduceSum"),
  mean: fold("ReduceMean"),
  prod: fold("ReduceProd"),
  max: fold("ReduceMax"),
  min: fold("ReduceMin"),
  any: foldBool("ReduceMax"),
  all: foldBool("ReduceMin"),
  argmax: arg("ArgMax"),
  argmin: arg("ArgMin"),
  matmul,
};
