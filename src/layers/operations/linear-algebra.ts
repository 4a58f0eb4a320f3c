/** Factors, inverses and determinants of matrices, distances. Source: keras/src/backend/tensorflow/linalg.py, math.py. */
import type { DType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { anyFloat, bool, choice, optional } from "../fields.ts";
import { factors, identityMatrix, solved, triangular } from "./shared/elimination.ts";
import { cholesky, orthogonalFactors } from "./shared/factorizations.ts";
import { inModule, lengthThere, needOneOf, tensor, sizesOf } from "./shared/operation.ts";
import { singular, singularValues } from "./shared/singular.ts";
import { counting } from "./shared/sizes.ts";

const linalg = inModule("linalg");
const SINGLE: readonly DType[] = ["float32", "float64"];
const HALF: readonly DType[] = ["float16", ...SINGLE];
const math = inModule("math");

function matrix(cx: Context, arg: unknown, square: boolean, dtypes: readonly DType[] = SINGLE): Sym {
  const x = needOneOf(tensor(cx, arg as never), dtypes);
  if (x.shape.length < 2) fail("mismatch/rank", { expected: "at least 2 axes", found: String(x.shape.length) });
  const [rows, columns] = x.shape.slice(-2) as [number | null, number | null];
  if (square && rows !== columns) fail("mismatch/shape", { expected: "as many rows as columns" });
  return x;
}

const turned = (cx: Context, x: Sym): Sym =>
  cx.op.transpose(x, x.shape.map((_, i, all) => (i === all.length - 1 ? i - 1 : i === all.length - 2 ? i + 1 : i))); // prettier-ignore

/** The diagonal of the last two axes, [..., n]. */
function diagonal(cx: Context, x: Sym): Sym {
  const { op } = cx;
  const rank = x.shape.length;
  const [row, column] = [counting(cx, cx.size(x, -2), rank - 2, rank), counting(cx, cx.size(x, -1), rank - 1, rank)];
  return op.sum(op.where(op.equal(row, column), x, op.constant(0, x.dtype)), [-1]);
}

/** The sign and the logarithm of the size of a determinant. */
function logDeterminant(cx: Context, x: Sym): readonly [Sym, Sym] {
  const { op } = cx;
  const { lu, sign } = factors(cx, x);
  const pivots = diagonal(cx, lu);
  const own = op.squeeze(sign, [x.shape.length - 2, x.shape.length - 1]);
  return [op.multiply(own, op.prod(op.sign(pivots), [-1])), op.sum(op.log(op.abs(pivots)), [-1])];
}

/** f of a and b, where b may be one vector for each matrix. */
function withVectors(cx: Context, a: Sym, b: Sym, f: (a: Sym, b: Sym) => Sym): Sym {
  if (b.shape.length !== a.shape.length - 1) return f(a, b);
  return cx.op.squeeze(f(a, cx.op.expandDims(b, [b.shape.length])), [b.shape.length]);
}

/** A⁺ = V·S⁺·Uᵀ; singular values up to `least` of the largest count as 0. */
function pseudoInverse(cx: Context, x: Sym, least: number, strict: boolean): Sym {
  const { op } = cx;
  const { us, v, own } = singular(cx, x);
  const bound = op.multiply(op.max(own, [-1], true), least);
  const kept = strict ? op.greater(own, bound) : op.greaterEqual(own, bound);
  const inverse = op.where(kept, op.reciprocal(op.where(kept, own, 1)), op.constant(0, x.dtype));
  const line = op.expandDims(inverse, [own.shape.length - 1]);
  // U·S over S twice is U over S: once on each side, as squares of S may be beyond its dtype.
  return op.matmul(op.multiply(v, line), turned(cx, op.multiply(us, line)));
}

/** Of symmetric matrices, of which the lower half counts, rising: singular values of what a multiple of 1 makes positive. */
function eigenvalues(cx: Context, x: Sym): Sym {
  const { op } = cx;
  const rank = x.shape.length;
  const n = lengthThere(x, rank - 1);
  const [row, column] = [counting(cx, n, rank - 2, rank), counting(cx, n, rank - 1, rank)];
  const whole = op.where(op.greaterEqual(row, column), x, turned(cx, x));
  const most = op.max(op.sum(op.abs(whole), [-1], true), [-2], true);
  const raised = op.where(op.equal(row, column), op.add(whole, most), whole);
  return op.subtract(op.sort(singularValues(cx, raised).own, rank - 2), op.squeeze(most, [rank - 1]));
}

/** They are so up to their sign, which is the algorithm's choice: whoever takes them is refused. */
const vectors = (cx: Context, values: Sym): Sym => cx.unknown(null, values.dtype);

const EPSILON: Readonly<Record<string, number>> = { float32: 2 ** -23, float64: 2 ** -52 };
const epsilon = (x: Sym): number => EPSILON[x.dtype] ?? fail("unsupported/dtype", { found: x.dtype });
const longest = (x: Sym): number => Math.max(lengthThere(x, x.shape.length - 1), lengthThere(x, x.shape.length - 2));

export const linearAlgebraOperations: readonly AnyDef[] = [
  linalg("Cholesky", ["x"], { upper: bool(false) }, (cx, c, [x]) => {
    const y = cholesky(cx, matrix(cx, x, true));
    return c.upper ? turned(cx, y) : y;
  }),
  linalg("CholeskyInverse", ["x"], { upper: bool(false) }, (cx, c, [given]) => {
    const x = matrix(cx, given, true);
    const y = triangular(cx, x, identityMatrix(cx, sizesOf(cx, x), x.dtype), !c.upper);
    return cx.op.matmul(y, y, c.upper ? { transposeB: true } : { transposeA: true });
  }),
  linalg("Det", ["x"], {}, (cx, _c, [given]) => {
    const x = matrix(cx, given, true);
    const { lu, sign } = factors(cx, x);
    const rank = x.shape.length;
    return cx.op.multiply(cx.op.prod(diagonal(cx, lu), [-1]), cx.op.squeeze(sign, [rank - 2, rank - 1]));
  }),
  linalg("Inv", ["x"], {}, (cx, _c, [given]) => {
    const x = matrix(cx, given, true, HALF);
    return solved(cx, x, identityMatrix(cx, sizesOf(cx, x), x.dtype));
  }),
  linalg("LuFactor", ["x"], {}, (cx, _c, [given]) => {
    const { lu, order } = factors(cx, matrix(cx, given, true));
    return [lu, cx.op.argmax(order, order.shape.length - 2)];
  }),
  linalg("Qr", ["x"], { mode: choice(["reduced", "complete"], "reduced") }, (cx, c, [x]) =>
    orthogonalFactors(cx, matrix(cx, x, false, HALF), c.mode === "complete"),
  ),
  linalg("Solve", ["a", "b"], {}, (cx, _c, [a, b]) =>
    withVectors(cx, matrix(cx, a, true), tensor(cx, b), (p, q) => solved(cx, p, q)),
  ),
  linalg("SolveTriangular", ["a", "b"], { lower: bool(false) }, (cx, c, [a, b]) =>
    withVectors(cx, matrix(cx, a, true), tensor(cx, b), (p, q) => triangular(cx, p, q, c.lower)),
  ),
  linalg("SVD", ["x"], { full_matrices: bool(true), compute_uv: bool(true) }, (cx, c, [x]) => {
    void c.full_matrices;
    const { s } = singularValues(cx, matrix(cx, x, false));
    return c.compute_uv ? [vectors(cx, s), s, vectors(cx, s)] : s;
  }),
  linalg("Eigh", ["x"], {}, (cx, _c, [x]) => {
    const y = eigenvalues(cx, matrix(cx, x, true));
    return [y, vectors(cx, y)];
  }),
  linalg("Pinv", ["x"], { rcond: optional(anyFloat()) }, (cx, c, [given]) => {
    const x = matrix(cx, given, false);
    return pseudoInverse(cx, x, c.rcond ?? 10 * longest(x) * epsilon(x), true);
  }),
  linalg("MatrixRank", ["x"], { tol: optional(anyFloat()) }, (cx, c, [given]) => {
    const { op } = cx;
    const x = matrix(cx, given, false);
    const { s } = singularValues(cx, x);
    const bound = c.tol === null ? op.multiply(op.max(s, [-1], true), longest(x) * epsilon(x)) : c.tol;
    return op.sum(op.cast(op.greater(s, bound), "int32"), [-1]);
  }),
  linalg("Lstsq", ["a", "b"], { rcond: optional(anyFloat()) }, (cx, c, [a, b]) => {
    const x = matrix(cx, a, false);
    if (x.shape.length !== 2) fail("mismatch/rank", { expected: "2 axes", found: String(x.shape.length) });
    const least = c.rcond === null ? epsilon(x) * longest(x) : c.rcond < 0 ? epsilon(x) : c.rcond;
    return withVectors(cx, x, tensor(cx, b), (p, q) => cx.op.matmul(pseudoInverse(cx, p, least, false), q));
  }),
  inModule("numpy")("Slogdet", ["x"], {}, (cx, _c, [x]) => logDeterminant(cx, matrix(cx, x, true))),
  math("Logdet", ["x"], {}, (cx, _c, [given]) => {
    const y = diagonal(cx, cholesky(cx, matrix(cx, given, true)));
    return cx.op.multiply(cx.op.sum(cx.op.log(y), [-1]), 2);
  }),
  math("CDist", ["x", "y"], {}, (cx, _c, [a, b]) => {
    const { op } = cx;
    const [x, y] = [tensor(cx, a), tensor(cx, b)];
    if (Math.min(x.shape.length, y.shape.length) < 2) fail("mismatch/rank", { expected: "at least 2 axes" });
    const apart = op.subtract(op.expandDims(x, [x.shape.length - 1]), op.expandDims(y, [y.shape.length - 2]));
    return op.sqrt(op.sum(op.square(apart), [-1]));
  }),
];
