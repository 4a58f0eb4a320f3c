/** How far classes cover each other: intersections over unions. Source: keras/src/metrics/iou_metrics.py. */
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import { bool, type Field, field, float, int, intList, optional, required } from "../../layers/fields.ts";
import type { OpContext } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { EPSILON } from "../losses/shared.ts";
import type { Compared } from "../types.ts";
import { metricOf } from "./shared.ts";

/** What the counts are: whole numbers, as Keras has them where nothing is said, or float32. */
const dtype: Field<string | null, "int32" | "float32" | null> = field<string | null, "int32" | "float32" | null, null>({
  expected: "int32 or float32",
  initial: null,
  read: (node) =>
    node === null || node === "int" || node === "int32" || node === "int64" || node === "float32" ? node : undefined,
  toJson: (value) => value,
});

interface IouOptions {
  readonly classes: number;
  readonly targets: readonly number[];
  readonly ignored: number | null;
  readonly isSparseTrue: boolean;
  readonly isSparsePred: boolean;
  readonly axis: number;
  readonly dtype: string | null;
}

/** Rows are true classes, columns predicted ones; what is no class counts for nothing. */
function confusion({ op }: OpContext, given: Compared, o: IouOptions): Sym {
  const flat = (x: Sym, isSparse: boolean) => op.reshape(op.cast(isSparse ? x : op.argmax(x, o.axis), "int32"), [-1]);
  const [t, p] = [flat(given.yTrue, o.isSparseTrue), flat(given.yPred, o.isSparsePred)];
  const classes = op.iota(o.classes, "int32");
  const hot = (x: Sym) => op.equal(op.expandDims(x, [1]), classes);
  const counted = o.ignored === null ? hot(t) : op.logicalAnd(hot(t), op.expandDims(op.notEqual(t, o.ignored), [1]));
  const rows = op.cast(counted, "float32");
  const whole = o.dtype !== "float32";
  const weight = given.sampleWeight && op.reshape(given.sampleWeight, [-1]);
  const exact = weight && op.cast(whole ? op.cast(weight, "int32") : weight, "float32");
  return op.matmul(exact ? op.multiply(rows, op.expandDims(exact, [1])) : rows, op.cast(hot(p), "float32"), {
    transposeA: true,
  });
}

function result({ op }: OpContext, matrix: Sym, o: IouOptions): Sym {
  const place = op.iota(o.classes, "int32");
  const diagonal = op.where(op.equal(op.expandDims(place, [1]), place), matrix, 0);
  const right = op.sum(diagonal, [0]);
  const all = op.subtract(op.add(op.sum(matrix, [0]), op.sum(matrix, [1])), right);
  const targets = op.array(o.targets, [o.targets.length], "int32");
  const [a, b] = [op.gather(right, targets, 0), op.gather(all, targets, 0)];
  const valid = op.greater(b, 1e-9);
  const parts = op.where(valid, op.divide(a, op.add(b, EPSILON)), 0);
  return op.divide(op.sum(parts), op.add(op.sum(op.cast(valid, "float32")), EPSILON));
}

/** `of`: the options in one form. */
const parts = <C>(of: (config: C) => IouOptions) => ({
  direction: "up" as const,
  check(c: C) {
    const { classes, targets } = of(c);
    const wrong = targets.find((id) => id < 0 || id >= classes);
    if (wrong !== undefined)
      fail("malformed/config", {
        path: "IoU.target_class_ids",
        expected: `classes below ${classes}`,
        found: `${wrong}`,
      });
  },
  states: (c: C) => [{ name: "total_confusion_matrix", shape: [of(c).classes, of(c).classes] }],
  update: (cx: OpContext, given: Compared, [before]: readonly Sym[], c: C) => [
    cx.op.add(before!, confusion(cx, given, of(c))),
  ],
  result: (cx: OpContext, [matrix]: readonly Sym[], c: C) => result(cx, matrix!, of(c)),
});

const num_classes = required(int({ min: 1 }));
const target_class_ids = required(intList());
const ignore_class = optional(int());
const axis = int({ default: -1 });
const everyClass = (n: number): readonly number[] => listOf(n, (i) => i);

interface Sparse {
  readonly num_classes: number;
  readonly ignore_class: number | null;
  readonly sparse_y_pred: boolean;
  readonly axis: number;
  readonly dtype: string | null;
}

const sparse = (c: Sparse, targets: readonly number[], isSparseTrue: boolean): IouOptions => ({
  classes: c.num_classes,
  targets,
  ignored: c.ignore_class,
  isSparseTrue,
  isSparsePred: c.sparse_y_pred,
  axis: c.axis,
  dtype: c.dtype,
});

/** IoU: of some classes. */
export const iou = metricOf({
  class: "IoU",
  config: {
    num_classes,
    target_class_ids,
    ignore_class,
    sparse_y_true: bool(true),
    sparse_y_pred: bool(true),
    axis,
    dtype,
  },
  ...parts<Sparse & { readonly target_class_ids: readonly number[]; readonly sparse_y_true: boolean }>((c) =>
    sparse(c, c.target_class_ids, c.sparse_y_true),
  ),
});

/** MeanIoU: of all classes. */
export const meanIoU = metricOf({
  class: "MeanIoU",
  config: { num_classes, ignore_class, sparse_y_true: bool(true), sparse_y_pred: bool(true), axis, dtype },
  ...parts<Sparse & { readonly sparse_y_true: boolean }>((c) => sparse(c, everyClass(c.num_classes), c.sparse_y_true)),
});

/** OneHotIoU */
export const oneHotIoU = metricOf({
  class: "OneHotIoU",
  config: { num_classes, target_class_ids, ignore_class, sparse_y_pred: bool(false), axis, dtype },
  ...parts<Sparse & { readonly target_class_ids: readonly number[] }>((c) => sparse(c, c.target_class_ids, false)),
});

/** OneHotMeanIoU */
export const oneHotMeanIoU = metricOf({
  class: "OneHotMeanIoU",
  config: { num_classes, ignore_class, sparse_y_pred: bool(false), axis, dtype },
  ...parts<Sparse>((c) => sparse(c, everyClass(c.num_classes), false)),
});

const binary = parts<{ readonly target_class_ids: readonly number[]; readonly dtype: string | null }>((c) => ({
  classes: 2,
  targets: c.target_class_ids,
  ignored: null,
  isSparseTrue: true,
  isSparsePred: true,
  axis: -1,
  dtype: c.dtype,
}));

/** BinaryIoU: of what is at least `threshold`. */
export const binaryIoU = metricOf({
  class: "BinaryIoU",
  config: { target_class_ids: intList([0, 1]), threshold: float(0.5), dtype },
  ...binary,
  update(cx, given, states, c) {
    const { op } = cx;
    const yPred = op.cast(op.greaterEqual(op.cast(given.yPred, "float32"), Math.fround(c.threshold)), "int32");
    return binary.update(cx, { ...given, yPred }, states, c);
  },
});
