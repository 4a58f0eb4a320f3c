/** What gather is turned around to, what only steps of training have, and what ONNX has no operator for. */
import { allocate } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { type OnnxRule, worked } from "./rule.ts";

export const random: OnnxRule<"random"> = () =>
  fail("unsupported/onnx", { path: "random", message: "an operation of training" });

export const bitcast: OnnxRule<"bitcast"> = () =>
  fail("unsupported/onnx", { path: "bitcast", message: "bits as numbers of another dtype" });

/** Slices to zeros [length, ...others], then `axis` back to its place. */
export const scatterAdd: OnnxRule<"scatterAdd"> = (g, { indices, updates }, { axis, length }) => {
  const [rank, many] = [updates.shape.length, indices.shape.length];
  const places = Array.from({ length: rank }, (_, i) => i);
  const [own, others] = [places.slice(axis, axis + many), places.filter((i) => i < axis || i >= axis + many)];
  const at = g.node("Reshape", [g.cast(indices.name, indices.dtype, "int64"), g.ints([-1, 1])]);
  const y = worked(g, [updates], ([name], dtype) => {
    if (dtype === "string") return fail("internal/graph", { source: "onnx", found: dtype });
    const rest = others.map((i) => g.length(name!, i));
    const shape = (first: string): string =>
      rest.length === 0 ? first : g.node("Concat", [first, ...rest], { axis: 0 });
    const zero = { dtype, shape: [1], data: allocate(dtype, 1) };
    const zeros = g.node("ConstantOfShape", [shape(g.size(length))], { value: { tensor: zero } });
    const count = g.node("Shape", [at], { start: 0, end: 1 });
    const slices = g.node("Reshape", [g.transpose(name!, [...own, ...others]), shape(count)], { allowzero: 1 });
    const made = g.node("ScatterND", [zeros, at, slices], { reduction: "add" });
    return g.transpose(made, [
      ...others.slice(0, axis).map((_, i) => i + 1),
      0,
      ...others.slice(axis).map((_, i) => axis + i + 1),
    ]);
  });
  return { y };
};
