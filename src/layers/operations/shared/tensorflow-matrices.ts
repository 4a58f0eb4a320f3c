/** Functions of TensorFlow of linear algebra. Source: tensorflow/python/ops/linalg_ops.py, tensorflow/python/ops/linalg/linalg_impl.py. */
import { fail } from "../../../core/error.ts";
import { listOf } from "../../../core/list.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { identityMatrix, solved, triangular } from "./elimination.ts";
import { norm } from "./norm.ts";
import { exactly, lengthThere, operate, sizesOf } from "./operation.ts";
import { counting, least, minus, padded, productOfSizes } from "./sizes.ts";
import { type TfArgs, type TfRun, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();

/** x with its last two axes the other way round. */
export const turned = (cx: Context, x: Sym): Sym =>
  cx.op.transpose(x, x.shape.map((_, i, { length }) => (i < length - 2 ? i : 2 * length - 3 - i))); // prettier-ignore

/** An operation of Keras 3 of one matrix; `options` of the function's arguments. */
const equal =
  (name: string, arg: string, options: (a: TfArgs) => Readonly<Record<string, unknown>> = () => ({})): TfRun =>
  (cx, a) =>
    operate(cx, name, [a.tensor(arg)], options(a));

table.both("linalg.cholesky compat.v1.cholesky", "input", equal("Cholesky", "input", () => ({ upper: false }))); // prettier-ignore
table.both("linalg.det compat.v1.matrix_determinant", "input", equal("Det", "input"));
table.both("linalg.qr compat.v1.qr", "input, full_matrices=false", equal("Qr", "input", (a) => ({ mode: a.flag("full_matrices") ? "complete" : "reduced" }))); // prettier-ignore
table.both("linalg.pinv", "a, rcond=null, validate_args=false", equal("Pinv", "a", (a) => {
  a.ignore("validate_args");
  return { rcond: a.number("rcond") };
})); // prettier-ignore
table.both("linalg.matrix_rank", "a, tol=null, validate_args=false", equal("MatrixRank", "a", (a) => {
  a.ignore("validate_args");
  return { tol: a.number("tol") };
})); // prettier-ignore
table.both("linalg.eigh compat.v1.self_adjoint_eig", "tensor", equal("Eigh", "tensor"));
table.both("linalg.eigvalsh compat.v1.self_adjoint_eigvals", "tensor", (cx, a) => {
  const [values] = operate(cx, "Eigh", [a.tensor("tensor")]) as readonly Sym[];
  return values!;
});
// Their vectors are so up to a sign, which is the algorithm's choice.
table.both("linalg.svd compat.v1.svd", "tensor, full_matrices=false, compute_uv=true", (cx, a) => {
  a.ignore("full_matrices");
  const values = operate(cx, "SVD", [a.tensor("tensor")], { compute_uv: false }) as Sym;
  return a.flag("compute_uv") ? [values, cx.unknown(null, values.dtype), cx.unknown(null, values.dtype)] : values;
});
table.both("linalg.inv compat.v1.matrix_inverse", "input, adjoint=false", (cx, a) => {
  const y = operate(cx, "Inv", [a.tensor("input")]) as Sym;
  return a.flag("adjoint") ? turned(cx, y) : y;
});
table.both("linalg.solve compat.v1.matrix_solve", "matrix, rhs, adjoint=false", (cx, a) => {
  const x = a.tensor("matrix");
  return operate(cx, "Solve", [a.flag("adjoint") ? turned(cx, x) : x, a.tensor("rhs")]);
});
table.both("linalg.triangular_solve compat.v1.matrix_triangular_solve", "matrix, rhs, lower=true, adjoint=false", (cx, a) => {
  const [x, adjoint] = [a.tensor("matrix"), a.flag("adjoint")];
  const lower = a.flag("lower") !== adjoint;
  return operate(cx, "SolveTriangular", [adjoint ? turned(cx, x) : x, a.tensor("rhs")], { lower });
}); // prettier-ignore
table.both("linalg.cholesky_solve compat.v1.cholesky_solve", "chol, rhs", (cx, a) => {
  const x = a.tensor("chol");
  return triangular(cx, turned(cx, x), triangular(cx, x, a.tensor("rhs"), true), false);
});
table.both("linalg.lstsq compat.v1.matrix_solve_ls", "matrix, rhs, l2_regularizer=0.0, fast=true", (cx, a) => {
  const { op } = cx;
  const [x, y] = [a.tensor("matrix"), a.tensor("rhs")];
  if (!a.flag("fast")) fail("unsupported/argument", { path: "fast", found: "false" });
  const rank = x.shape.length;
  const isTall = lengthThere(x, rank - 2) >= lengthThere(x, rank - 1);
  const products = isTall ? op.matmul(x, x, { transposeA: true }) : op.matmul(x, x, { transposeB: true });
  const raised = op.add(
    products,
    op.multiply(identityMatrix(cx, sizesOf(cx, products), products.dtype), a.number("l2_regularizer")!),
  );
  const own = op.matmul(x, isTall ? y : solved(cx, raised, y), { transposeA: true });
  return isTall ? solved(cx, raised, own) : own;
});
table.both("linalg.cross compat.v1.cross", "a, b", ({ op }, a) => {
  const [x, y] = [a.tensor("a"), a.tensor("b")];
  const from = (s: Sym, i: number): Sym => op.concat([i, i + 1, i + 2].map((n) => op.slice(s, [{ axis: -1, start: n % 3, stop: (n % 3) + 1, step: 1 }])), -1); // prettier-ignore
  return op.subtract(op.multiply(from(x, 1), from(y, 2)), op.multiply(from(x, 2), from(y, 1)));
});
table.both("linalg.adjoint", "matrix", (cx, a) => turned(cx, a.tensor("matrix")));
table.both("linalg.normalize", 'tensor, ord="euclidean", axis=null', (cx, a) => {
  const x = a.tensor("tensor");
  const given = a.arg("ord");
  const order = given === "euclidean" || (given === "fro" && !a.has("axis")) ? null : given;
  const all = (): Sym => cx.op.reshape(norm(cx, cx.op.reshape(x, [-1]), order, [0], false), x.shape.map(() => 1)); // prettier-ignore
  const size = a.has("axis") ? norm(cx, x, order, a.axes(x), true) : all();
  return [cx.op.divide(x, size), size];
});

const squares = (cx: Context, list: readonly Sym[]): Sym =>
  cx.op.sqrt(list.map((x) => cx.op.sum(cx.op.square(x))).reduce((x, y) => cx.op.add(x, y)));
table.both("linalg.global_norm compat.v1.global_norm", "t_list", (cx, a) => squares(cx, a.tensors("t_list")));
table.both("clip_by_global_norm", "t_list, clip_norm, use_norm=null", (cx, a) => {
  const { op } = cx;
  const list = a.tensors("t_list");
  const own = a.has("use_norm") ? a.tensor("use_norm") : squares(cx, list);
  const most = op.cast(a.tensor("clip_norm"), own.dtype);
  const scale = op.multiply(most, op.minimum(op.reciprocal(own), op.reciprocal(most)));
  const known = op.where(op.isFinite(own), scale, Number.NaN);
  return [...list.map((x) => op.multiply(x, known)), own];
});
table.both("clip_by_norm", "t, clip_norm, axes=null", ({ op }, a) => {
  const x = a.tensor("t");
  const sum = op.sum(op.square(x), a.axes(x, "axes"), true);
  const some = op.greater(sum, 0);
  const size = op.where(some, op.sqrt(op.where(some, sum, 1)), sum);
  const most = a.operand("clip_norm");
  return op.divide(op.multiply(x, most), op.maximum(size, most));
});

/** Whether a place of the last two axes lies on a diagonal. */
const isOn = (cx: Context, rows: Size, columns: Size, rank: number, k: number): Sym =>
  cx.op.equal(cx.op.subtract(counting(cx, columns, rank - 1, rank), counting(cx, rows, rank - 2, rank)), k);
table.both("linalg.set_diag compat.v1.matrix_set_diag", 'input, diagonal, k=0, align="RIGHT_LEFT"', (cx, a) => {
  const { op } = cx;
  const [x, own] = [a.tensor("input"), a.tensor("diagonal")];
  const k = a.number("k")!;
  a.ignore("align"); // of one diagonal
  const rank = x.shape.length;
  const [rows, n] = [cx.size(x, -2), cx.size(own, -1)];
  const first = Math.max(0, -k);
  const there = least(minus(rows, first), minus(cx.size(x, -1), Math.max(0, k)));
  if (typeof n === "number" && typeof there === "number" && n !== there)
    fail("mismatch/shape", { path: "diagonal", expected: String(there), found: String(n) });
  const line = op.expandDims(exactly(cx, own, rank - 2, there), [-1]);
  const lines = padded(cx, line, x.shape.map((_, i) => (i === rank - 2 ? [first, minus(minus(rows, first), there)] : [0, 0]))); // prettier-ignore
  return op.where(isOn(cx, rows, cx.size(x, -1), rank, k), lines, x);
});
table.both("linalg.tensor_diag compat.v1.diag", "diagonal", (cx, a) => {
  const { op } = cx;
  const x = a.tensor("diagonal");
  const [sizes, n] = [sizesOf(cx, x), productOfSizes(sizesOf(cx, x))];
  const y = op.where(isOn(cx, n, n, 2, 0), op.reshape(x, [n, 1]), op.constant(0, x.dtype));
  return op.reshape(y, [...sizes, ...sizes]);
});
table.both("linalg.tensor_diag_part compat.v1.diag_part", "input", (cx, a) => {
  const { op } = cx;
  const x = a.tensor("input");
  const half = sizesOf(cx, x).slice(0, x.shape.length / 2);
  const n = productOfSizes(half);
  const y = op.where(isOn(cx, n, n, 2, 0), op.reshape(x, [n, n]), op.constant(0, x.dtype));
  return op.reshape(op.sum(y, [-1]), half);
});
table.both("eye linalg.eye", 'num_rows, num_columns=null, batch_shape=null, dtype="float32"', (cx, a) => {
  const [rows] = a.sizes("num_rows");
  const [columns] = a.has("num_columns") ? a.sizes("num_columns") : [rows];
  if (rows === undefined || columns === undefined) return fail("unsupported/argument", { path: "num_rows" });
  const lead = a.has("batch_shape") ? a.sizes("batch_shape") : [];
  const one = cx.op.cast(isOn(cx, rows, columns, 2, 0), a.dtype("dtype", "float32"));
  const wide = cx.op.reshape(one, [...listOf(lead.length, () => 1), rows, columns]);
  return lead.length === 0 ? one : cx.op.broadcastTo(wide, [...lead, rows, columns]);
});

/** Functions of TensorFlow on matrices, by name. */
export const TENSORFLOW_MATRICES = table;
