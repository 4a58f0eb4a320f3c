/** Products of matrices and tensors. Source: keras/src/ops/numpy.py. */
import { listOf } from "../../core/list.ts";
import { numberArray } from "../common/json-array.ts";
import { fail } from "../../core/error.ts";
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { json, optional, required, text } from "../fields.ts";
import { einsum } from "../common/einsum.ts";
import { rounded, wide } from "../common/products.ts";
import { contract } from "./shared/contract.ts";
import { flat, inModule, strong, tensor, typedNumbers } from "./shared/operation.ts";

const numpy = inModule("numpy");

/** NumPy's product: vectors count as a row on the left and a column on the right. */
function matmul(cx: Context, a: Sym, b: Sym): Sym {
  const { op } = cx;
  const [vectorA, vectorB] = [a.shape.length === 1, b.shape.length === 1];
  const y = op.matmul(vectorA ? op.expandDims(a, [0]) : a, vectorB ? op.expandDims(b, [1]) : b);
  const gone = [...(vectorA ? [y.shape.length - 2] : []), ...(vectorB ? [y.shape.length - 1] : [])];
  return gone.length === 0 ? y : op.squeeze(y, gone);
}

function axesFrom(node: JsonNode, rank: number): readonly [number[], number[]] {
  const list = (n: JsonNode | undefined): number[] => [...(numberArray(n, "axes")?.values ?? [])];
  if (Array.isArray(node)) return [list(node[0]), list(node[1])];
  const count = node === null ? 2 : list(node)[0]!;
  if (count > rank) fail("mismatch/shape", { path: "axes", expected: `at most ${rank} axes`, found: String(count) });
  return [listOf(count, (k) => rank - count + k), listOf(count, (k) => k)];
}

/** Of bools: whether any product is true. */
function counted(cx: Context, x: readonly Sym[], f: (x: readonly Sym[]) => Sym): Sym {
  if (!x.every((s) => s.dtype === "bool")) return f(x);
  return cx.op.cast(f(x.map((s) => cx.op.cast(s, "int32"))), "bool");
}

const binary = (name: string, f: (cx: Context, a: Sym, b: Sym) => Sym, through = rounded): AnyDef =>
  typedNumbers(
    numpy(name, ["x1", "x2"], {}, (cx, _c, [a, b]) =>
      counted(cx, [strong(cx, a), strong(cx, b)], (both) => through(cx, both, ([x, y]) => f(cx, x!, y!))),
    ),
  );

export const productOperations: readonly AnyDef[] = [
  typedNumbers(
    numpy("Matmul", ["x1", "x2"], {}, (cx, _c, [a, b]) => {
      const given = [strong(cx, a), strong(cx, b)];
      const both = given.some((s) => s.shape.length === 1) ? given : wide(cx, given);
      return counted(cx, both, (x) => rounded(cx, x, ([p, q]) => matmul(cx, p!, q!)));
    }),
  ),
  binary("Dot", (cx, a, b) => {
    if (a.shape.length === 0 || b.shape.length === 0) return cx.op.multiply(a, b);
    return contract(cx, a, b, [-1], [b.shape.length === 1 ? -1 : -2]);
  }),
  binary("Inner", (cx, a, b) => {
    if (a.shape.length === 0 || b.shape.length === 0) return cx.op.multiply(a, b);
    return contract(cx, a, b, [-1], [-1]);
  }),
  binary("Vdot", (cx, a, b) => contract(cx, flat(cx, a), flat(cx, b), [0], [0])),
  binary(
    "Outer",
    (cx, a, b) => {
      const [x, y] = [flat(cx, a), flat(cx, b)];
      return cx.op.multiply(cx.op.expandDims(x, [1]), cx.op.expandDims(y, [0]));
    },
    (_cx, both, f) => f(both),
  ),
  typedNumbers(
    numpy("Tensordot", ["x1", "x2"], { axes: json(JsonNumber.of(2, "int")) }, (cx, c, [a, b]) => {
      const [x, y] = [strong(cx, a), strong(cx, b)];
      return counted(cx, [x, y], (both) =>
        rounded(cx, both, ([p, q]) => contract(cx, p!, q!, ...axesFrom(c.axes, x.shape.length)), ["int32", "int64"]),
      );
    }),
  ),
  numpy("Einsum", ["*operands"], { subscripts: required(optional(text())) }, (cx, c, operands) =>
    rounded(
      cx,
      wide(
        cx,
        operands.map((x) => tensor(cx, x)),
      ),
      (x) => einsum(cx, c.subscripts ?? "", x),
    ),
  ),
];
