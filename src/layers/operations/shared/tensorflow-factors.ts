/** Functions of TensorFlow on factors of matrices, and on matrices of three diagonals. Source: tensorflow/python/ops/linalg/linalg_impl.py. */
import { fail } from "../../../core/error.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { factors, identityMatrix, triangular } from "./elimination.ts";
import { lengthThere, needOneOf, sizesOf } from "./operation.ts";
import { counted, counting } from "./sizes.ts";
import { type TfArgs, TfTable } from "./tensorflow-call.ts";
import { turned } from "./tensorflow-matrices.ts";

const table = new TfTable();

const FLOATS = ["float32", "float64"] as const;
/** [..., n, n]: row i has its one at `perm`[..., i]. */
const orderOf = (cx: Context, perm: Sym): Sym => {
  const { op } = cx;
  const places = op.iota(cx.size(perm, -1), "int32");
  return op.cast(op.equal(op.expandDims(op.cast(perm, "int32"), [perm.shape.length]), places), "float32");
};

table.both("linalg.lu", 'input, output_idx_type="int32"', (cx, a) => {
  const { lu, order } = factors(cx, needOneOf(a.tensor("input"), FLOATS));
  return [lu, cx.op.cast(cx.op.argmax(order, order.shape.length - 1), a.dtype("output_idx_type", "int32"))];
});
const FACTORS = "lower_upper, perm";
const permutation = (cx: Context, a: TfArgs, like: Sym): Sym => {
  a.ignore("validate_args");
  return cx.op.cast(orderOf(cx, a.tensor("perm")), like.dtype);
};
const solvedBy = (cx: Context, lu: Sym, b: Sym): Sym => triangular(cx, lu, triangular(cx, lu, b, true, true), false);
table.both("linalg.lu_solve", `${FACTORS}, rhs, validate_args=false`, (cx, a) => {
  const lu = a.tensor("lower_upper");
  return solvedBy(cx, lu, cx.op.matmul(permutation(cx, a, lu), a.tensor("rhs")));
});
table.both("linalg.lu_matrix_inverse", `${FACTORS}, validate_args=false`, (cx, a) => {
  const lu = a.tensor("lower_upper");
  return solvedBy(cx, lu, permutation(cx, a, lu));
});
table.both("linalg.lu_reconstruct", `${FACTORS}, validate_args=false`, (cx, a) => {
  const { op } = cx;
  const lu = a.tensor("lower_upper");
  const rank = lu.shape.length;
  const [row, column] = [counting(cx, cx.size(lu, -2), rank - 2, rank), counting(cx, cx.size(lu, -1), rank - 1, rank)];
  const zero = op.constant(0, lu.dtype);
  const lower = op.add(op.where(op.less(column, row), lu, zero), identityMatrix(cx, sizesOf(cx, lu), lu.dtype));
  const product = op.matmul(lower, op.where(op.lessEqual(row, column), lu, zero));
  return op.matmul(permutation(cx, a, lu), product, { transposeA: true });
});

/** The diagonals above, on and below that of [..., n, n], a row i each of what stands in row i of the matrix. */
function diagonalsOf(cx: Context, a: TfArgs): readonly [Sym, Sym, Sym] {
  const { op } = cx;
  const [format, given] = [a.text("diagonals_format"), a.arg("diagonals")];
  if (format === "matrix") {
    const x = a.tensor("diagonals");
    const rank = x.shape.length;
    const [row, column] = [counting(cx, cx.size(x, -2), rank - 2, rank), counting(cx, cx.size(x, -1), rank - 1, rank)];
    const on = (k: number): Sym =>
      op.sum(op.where(op.equal(op.subtract(column, row), k), x, op.constant(0, x.dtype)), [rank - 1]);
    return [on(1), on(0), on(-1)];
  }
  if (format === "sequence") {
    if (!Array.isArray(given) || given.length !== 3)
      return fail("unsupported/argument", { path: "diagonals", expected: "three diagonals" });
    const list = a.tensors("diagonals");
    // Those beside may be as long as they are, or as the one between.
    const n = lengthThere(list[1]!, list[1]!.shape.length - 1);
    const widened = (x: Sym, before: boolean): Sym =>
      lengthThere(x, x.shape.length - 1) === n
        ? x
        : op.pad(x, x.shape.map((_, i, { length }) => (i < length - 1 ? [0, 0] : before ? [1, 0] : [0, 1]))); // prettier-ignore
    return [widened(list[0]!, false), list[1]!, widened(list[2]!, true)];
  }
  if (format !== "compact") return fail("unsupported/argument", { path: "diagonals_format", found: String(format) });
  const x = a.tensor("diagonals");
  const at = x.shape.length - 2;
  const line = (i: number): Sym => op.squeeze(op.slice(x, [{ axis: at, start: i, stop: i + 1, step: 1 }]), [at]);
  return [line(0), line(1), line(2)];
}

/** x[..., n, m] a row further: each is what stood before it, or behind it; 0 first, or last. */
const moved = (cx: Context, x: Sym, by: 1 | -1): Sym => {
  const axis = x.shape.length - 2;
  const [start, stop]: [Size | null, Size | null] = by === 1 ? [null, -1] : [1, null];
  const amounts = x.shape.map((_, i): [number, number] => (i !== axis ? [0, 0] : by === 1 ? [1, 0] : [0, 1]));
  return cx.op.pad(cx.op.slice(x, [{ axis, start, stop, step: 1 }]), amounts);
};
const FORMAT = 'diagonals, rhs, diagonals_format="compact"';
table.both("linalg.tridiagonal_matmul", FORMAT, (cx, a) => {
  const { op } = cx;
  const x = a.tensor("rhs");
  const [above, on, below] = diagonalsOf(cx, a).map((d) => op.expandDims(d, [d.shape.length])) as [Sym, Sym, Sym];
  const upper = op.multiply(above, moved(cx, x, -1));
  return op.add(op.add(upper, op.multiply(on, x)), op.multiply(below, moved(cx, x, 1)));
});
/** X of A·X = B[..., n, m] for the diagonals of A: a step a row, with the larger of two pivots, down and up again. */
function solvedAlong(cx: Context, lines: readonly [Sym, Sym, Sym], rhs: Sym): Sym {
  const { op } = cx;
  const axis = rhs.shape.length - 2;
  const [above, on, below] = lines.map((d) => op.expandDims(d, [axis + 1])) as [Sym, Sym, Sym];
  const n = cx.size(rhs, axis);
  const place = counting(cx, n, axis, axis + 2);
  const zero = op.constant(0, on.dtype);
  const rows = [
    op.where(op.equal(place, 0), zero, below),
    on,
    op.where(op.equal(op.add(place, 1), counted(cx, n)), zero, above),
    rhs,
  ];
  const line = (like: Sym, value: number): Sym =>
    op.full(sizesOf(cx, like).filter((_, i) => i !== axis), value, like.dtype); // prettier-ignore
  // The row that waits for the next one has two numbers; the first that does is of an unknown before all others, which is 0.
  const first = [line(on, 1), line(on, 0), line(rhs, 0)];
  const down = cx.scan(
    first,
    rows,
    ([p, q, r], [low, own, high, value]) => {
      const swaps = op.less(op.abs(p!), op.abs(low!));
      const either = (a: Sym | number, b: Sym | number): Sym => op.where(swaps, a, b);
      const pivot = either(low!, p!);
      const share = op.divide(either(p!, low!), pivot);
      const [beside, far, known] = [either(own!, q!), either(high!, 0), either(value!, r!)];
      const less = (x: Sym, y: Sym): Sym => op.subtract(x, op.multiply(share, y));
      const next = [less(either(q!, own!), beside), less(either(zero, high!), far), less(either(r!, value!), known)];
      return { carry: next, ys: [pivot, beside, far, known] };
    },
    { axis },
  );
  const [p, , r] = down.carry;
  const up = cx.scan(
    [op.divide(r!, p!), line(rhs, 0)],
    down.ys.map((y) => op.reverse(y, [axis])),
    ([x, after], [pivot, beside, far, known]) => {
      const rest = op.subtract(op.subtract(known!, op.multiply(beside!, x!)), op.multiply(far!, after!));
      return { carry: [op.divide(rest, pivot!), x!], ys: [x!] };
    },
    { axis },
  );
  return op.reverse(up.ys[0]!, [axis]);
}
table.both(
  "linalg.tridiagonal_solve",
  `${FORMAT}, transpose_rhs=false, conjugate_rhs=false, partial_pivoting=true, perturb_singular=false`,
  (cx, a) => {
    const { op } = cx;
    a.ignore("conjugate_rhs"); // of real numbers
    a.ignore("partial_pivoting"); // how, not what
    const lines = diagonalsOf(cx, a);
    const rank = lines[1].shape.length + 1;
    const rhs = a.tensor("rhs");
    const isLine = rhs.shape.length === rank - 1;
    const columns =
      a.flag("transpose_rhs") && !isLine ? turned(cx, rhs) : isLine ? op.expandDims(rhs, [rank - 1]) : rhs;
    const y = solvedAlong(cx, lines, columns);
    return isLine ? op.squeeze(y, [rank - 1]) : y;
  },
);

/** Functions of TensorFlow on factors of matrices, by name. */
export const TENSORFLOW_FACTORS = table;
