/** Arithmetic on stored arrays before they are weights: cutting, turning, joining. Shapes alone when `data` is null. */
import { allocate, type DType, type NumericArray } from "../core/dtype.ts";
import { withDType } from "../core/cast.ts";
import { fail } from "../core/error.ts";
import { showShape, sizeOf, type Tensor } from "../core/tensor.ts";
import type { Recipe, ArrayStep } from "../layers/define.ts";

/** A stored array on its way to a weight, row-major; only its shape while `data` is null. */
export interface StoredPiece {
  readonly dtype: Exclude<DType, "string">;
  readonly shape: readonly number[];
  readonly data: NumericArray | null;
}

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

function strides(shape: readonly number[]): number[] {
  const out = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) out[i] = out[i + 1]! * shape[i + 1]!;
  return out;
}

/** A new array whose element at `index` is the old one at `from(index)`. */
function rearrange(
  piece: StoredPiece,
  shape: readonly number[],
  from: (index: readonly number[]) => number,
): StoredPiece {
  if (piece.data === null) return { ...piece, shape };
  const size = sizeOf(shape);
  const data = allocate(piece.dtype, size);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < size; i++) {
    (data as Float64Array)[i] = (piece.data as Float64Array)[from(index)]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return { dtype: piece.dtype, shape, data };
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

function one(piece: StoredPiece, step: ArrayStep): StoredPiece {
  const { shape } = piece;
  const step_ = strides(shape);
  switch (step.op) {
    case "transpose": {
      if (step.perm.length !== shape.length)
        return fail("mismatch/shape", { expected: `${step.perm.length} axes`, found: showShape(shape) });
      const old = step.perm.map((axis) => step_[axis]!);
      return rearrange(
        piece,
        step.perm.map((axis) => shape[axis]!),
        (index) => dot(index, old),
      );
    }
    case "flip": {
      const axes = new Set(step.axes.map((axis) => axisOf(axis, shape.length)));
      return rearrange(piece, shape, (index) =>
        dot(
          index.map((n, axis) => (axes.has(axis) ? shape[axis]! - 1 - n : n)),
          step_,
        ),
      );
    }
    case "reshape":
      if (sizeOf(step.shape) !== sizeOf(shape))
        fail("mismatch/shape", { expected: showShape(step.shape), found: showShape(shape) });
      return { ...piece, shape: step.shape };
    case "slice": {
      const axis = axisOf(step.axis, shape.length);
      if (step.stop > (shape[axis] ?? -1))
        fail("mismatch/shape", { expected: `at least ${step.stop} along axis ${axis}`, found: showShape(shape) });
      const cut = shape.map((n, i) => (i === axis ? step.stop - step.start : n));
      return rearrange(piece, cut, (index) => dot(index, step_) + step.start * step_[axis]!);
    }
    default:
      return fail("mismatch/weights", { message: `a step "${step.op}" on a single array` });
  }
}

function adapted([whole, a, b]: readonly StoredPiece[], scale: number): StoredPiece {
  const [rank, width] = [b?.shape[0] ?? 0, whole!.shape.at(-1) ?? 0];
  const wanted = [...whole!.shape.slice(0, -1), rank];
  const fits = b?.shape.length === 2 && b.shape[1] === width && showShape(a!.shape) === showShape(wanted);
  if (!fits)
    fail("mismatch/shape", {
      message: "adapters",
      expected: showShape(wanted),
      found: a ? showShape(a.shape) : "none",
    });
  if (whole!.data === null) return whole!;
  const [left, right] = [a!.data as Float64Array, b!.data as Float64Array];
  const data = (whole!.data as Float64Array).slice();
  for (let i = 0; i < data.length; i++) {
    const [row, column] = [Math.floor(i / width) * rank, i % width];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += left[row + k]! * right[k * width + column]!;
    data[i]! += scale * sum;
  }
  return { ...whole!, data };
}

/** A piece in another dtype: those of half precision hold bits. */
const cast = (piece: StoredPiece, dtype: StoredPiece["dtype"]): StoredPiece =>
  piece.data === null ? piece : (withDType(piece as Tensor, dtype) as StoredPiece);

/** What is computed of floats: in float32, or float64 where they are. */
function computed(pieces: readonly StoredPiece[], of: (pieces: readonly StoredPiece[]) => StoredPiece): StoredPiece {
  const { dtype } = pieces[0]!;
  const wide = dtype === "float64" ? dtype : "float32";
  return cast(of(pieces.map((piece) => cast(piece, wide))), dtype);
}

function summed(pieces: readonly StoredPiece[]): StoredPiece {
  const first = pieces[0]!;
  if (first.data === null) return first;
  const data = allocate(first.dtype, first.data.length) as Float32Array;
  for (const piece of pieces) (piece.data as Float32Array).forEach((value, i) => (data[i]! += value));
  return { ...first, data };
}

function joined(pieces: readonly StoredPiece[], step: ArrayStep): StoredPiece {
  const first = pieces[0]!;
  if (step.op === "adapt") return computed(pieces, (wide) => adapted(wide, step.scale));
  if (step.op === "sum") return computed(pieces, summed);
  if (step.op !== "concat") return fail("mismatch/weights", { message: "several arrays where one is needed" });
  const axis = axisOf(step.axis, first.shape.length);
  const same = pieces.every(
    (p) => p.shape.length === first.shape.length && p.shape.every((n, i) => i === axis || n === first.shape[i]),
  );
  if (!same || axis < 0)
    return fail("mismatch/shape", {
      expected: `arrays that join along axis ${step.axis}`,
      found: pieces.map((p) => showShape(p.shape)).join(", "),
    });
  const shape = first.shape.map((n, i) => (i === axis ? pieces.reduce((sum, p) => sum + p.shape[axis]!, 0) : n));
  if (first.data === null) return { ...first, shape };
  const data = allocate(first.dtype, sizeOf(shape));
  const rows = sizeOf(shape.slice(0, axis));
  const width = sizeOf(shape.slice(axis));
  let at = 0;
  for (const piece of pieces) {
    const part = sizeOf(piece.shape.slice(axis));
    for (let row = 0; row < rows; row++) {
      (data as Float64Array).set((piece.data as Float64Array).subarray(row * part, (row + 1) * part), row * width + at);
    }
    at += part;
  }
  return { dtype: first.dtype, shape, data };
}

/** Makes a weight of the stored arrays `from` names. */
export function runRecipe(recipe: Recipe, arrays: readonly StoredPiece[]): StoredPiece {
  let pieces = arrays.map((piece, i) => (recipe.perArray?.[i] ?? []).reduce(one, piece));
  for (const step of recipe.steps ?? []) {
    pieces = [
      step.op === "concat" || step.op === "sum" || step.op === "adapt" || pieces.length > 1
        ? joined(pieces, step)
        : one(pieces[0]!, step),
    ];
  }
  if (pieces.length !== 1) fail("mismatch/weights", { expected: "one array", found: String(pieces.length) });
  return pieces[0]!;
}
