/** What Keras's users do to values before `predict`: `keras.utils.pad_sequences`, `to_categorical`, `keras.ops.one_hot`. */
import { allocate, type DType, isDType, isInteger } from "../core/dtype.ts";
import { fail, located } from "../core/error.ts";
import { door, kindOf, type OptionKinds, readOptions } from "../core/guard.ts";
import {
  castTensor,
  checkTensor,
  indexOf,
  isTensor,
  isTyped,
  type NestedNumbers,
  placeOf,
  showShape,
  sizeOf,
  type Tensor as Plain,
  tensor as plainTensor,
} from "../core/tensor.ts";
import { present, type Tensor } from "./tensor.ts";

/** Options of `padSequences`, Keras's. */
export interface PadOptions<D extends DType = DType> {
  /** Length of all sequences. Default: that of the longest. */
  readonly maxlen?: number;
  /** Default `int32`, into which fractions are cut. */
  readonly dtype?: D;
  /** Where sequences that are too short are filled: before (default), or after their values. */
  readonly padding?: "pre" | "post";
  /** Which end sequences that are too long lose: the first values (default), or the last. */
  readonly truncating?: "pre" | "post";
  /** What they are filled with. Default 0. */
  readonly value?: number | bigint | boolean | string;
}

const PAD: OptionKinds<PadOptions> = {
  maxlen: "number",
  dtype: "string",
  padding: "string",
  truncating: "string",
  value: "any",
};

function side(name: string, value: string): "pre" | "post" {
  return value === "pre" || value === "post"
    ? value
    : fail("mismatch/option", { source: "padSequences", path: name, expected: "pre or post", found: value });
}

const isList = (value: unknown): value is readonly NestedNumbers[] => Array.isArray(value) || isTyped(value);

/** Numbers cut to whole ones, as NumPy casts them. */
const whole = (values: NestedNumbers): NestedNumbers =>
  typeof values === "number" ? Math.trunc(values) : isList(values) ? Array.from(values, whole) : values;

/** Class numbers and their shape; fractions are cut. Throws `mismatch/dtype`, `mismatch/shape`. */
function classes(x: Plain | NestedNumbers): { shape: readonly number[]; values: readonly number[] } {
  if (isTensor(x)) checkTensor(x, "x");
  const { shape, data } = isTensor(x) ? castTensor(x, "float64", "x") : plainTensor(x, undefined, "float64");
  const values = Array.from(data as Float64Array, Math.trunc);
  castTensor({ dtype: "float64", shape, data: Float64Array.from(values) }, "int64", "x");
  return { shape, values };
}

function checkCount(numClasses: unknown): void {
  if (!Number.isSafeInteger(numClasses) || Number(numClasses) < 0)
    fail("mismatch/argument", { path: "numClasses", expected: "a whole number from 0", found: shown(numClasses) });
}

const shown = (value: unknown): string => (typeof value === "number" ? String(value) : kindOf(value));

/**
 * Sequences of any lengths as rows of one tensor `[sequences, maxlen, …]`, filled or cut at one end. Throws
 * `mismatch/shape` where the steps of sequences are not alike, `mismatch/dtype` for values that the dtype cannot hold.
 */
export function padSequences<D extends DType = "int32">(
  sequences: readonly (readonly NestedNumbers[] | Exclude<NestedNumbers, number | bigint | boolean | string>)[],
  options: PadOptions<D> = {},
): Tensor<D> {
  return door("padSequences", () => {
    const { maxlen, dtype = "int32", value = 0, ...ends } = readOptions<PadOptions>("padSequences", options, PAD);
    const [padding, truncating] = [
      side("padding", ends.padding ?? "pre"),
      side("truncating", ends.truncating ?? "pre"),
    ];
    const strange = isList(sequences) ? Array.from(sequences).findIndex((row) => !isList(row)) : -1;
    if (!isList(sequences) || strange >= 0)
      fail("mismatch/argument", {
        path: strange < 0 ? "sequences" : `sequences[${strange}]`,
        expected: "a list of sequences",
        found: kindOf(strange < 0 ? sequences : sequences[strange]),
      });
    const rows = Array.from(sequences as readonly (readonly NestedNumbers[])[]);
    const length = maxlen ?? Math.max(...rows.map((row) => row.length));
    if (!Number.isSafeInteger(length) || maxlen === 0)
      fail("mismatch/option", { path: "maxlen", expected: "a whole number from 1", found: `${maxlen}` });
    const typed = (values: NestedNumbers): Plain =>
      plainTensor(isInteger(dtype) ? whole(values) : values, undefined, dtype);
    const made = rows.map((row, i) =>
      located({ pathPrefix: `[${i}]` }, () =>
        typed(truncating === "pre" ? row.slice(Math.max(0, row.length - length)) : row.slice(0, length)),
      ),
    );
    const step = made.find(({ data }) => data.length > 0)?.shape.slice(1) ?? [];
    const shape = [rows.length, length, ...step];
    const data = dtype === "string" ? new Array<string>(sizeOf(shape)) : allocate(dtype, sizeOf(shape));
    (data as unknown[]).fill(typed(value).data[0]);
    made.forEach((row, i) => {
      if (row.data.length === 0) return;
      if (row.shape.slice(1).join() !== step.join())
        fail("mismatch/shape", { path: `[${i}]`, expected: showShape(step), found: showShape(row.shape.slice(1)) });
      const start = i * length + (padding === "pre" ? length - row.shape[0]! : 0);
      for (let k = 0; k < row.data.length; k++) data[start * sizeOf(step) + k] = row.data[k]!;
    });
    return present<D>({ dtype, shape, data });
  });
}

/** Options of `oneHot`, Keras's. */
export interface OneHotOptions<D extends DType = DType> {
  /** Where the new axis goes, from 0; default -1: last. */
  readonly axis?: number;
  /** Default `float32`. */
  readonly dtype?: D;
}

/**
 * Class numbers as rows of zeros with one 1: `x[…]` to `[…, numClasses]`. Numbers below 0 or from `numClasses` give zeros
 * alone; fractions are cut. Throws `mismatch/dtype` for what is no number.
 */
export function oneHot<D extends DType = "float32">(
  x: Plain | NestedNumbers,
  numClasses: number,
  options: OneHotOptions<D> = {},
): Tensor<D> {
  return door("oneHot", () => {
    const { axis = -1, dtype = "float32" } = readOptions<OneHotOptions>("oneHot", options, {
      axis: "any",
      dtype: "string",
    });
    const { shape, values } = classes(x);
    checkCount(numClasses);
    if (!Number.isInteger(axis) || axis < -1 || axis > shape.length)
      fail("mismatch/option", {
        source: "oneHot",
        path: "axis",
        expected: `-1 to ${shape.length}`,
        found: shown(axis),
      });
    if (dtype === "string" || !isDType(dtype))
      fail("unsupported/dtype", { source: "oneHot", path: "dtype", expected: "a dtype of numbers", found: dtype });
    const at = axis < 0 ? shape.length : axis;
    const below = sizeOf(shape.slice(at));
    const made = [...shape.slice(0, at), numClasses, ...shape.slice(at)];
    const data = allocate(dtype, sizeOf(made));
    const one = plainTensor([1], undefined, dtype).data[0] as number;
    values.forEach((value, i) => {
      if (value < 0 || value >= numClasses) return;
      data[(Math.floor(i / below) * numClasses + value) * below + (i % below)] = one;
    });
    return present<D>({ dtype, shape: made, data });
  });
}

/**
 * Class numbers as rows of zeros with one 1, in float64, as Keras gives them: `x[…]` or `x[…, 1]` to `[…, numClasses]`;
 * without `numClasses` one more than the largest. Fractions are cut; below 0 it counts from the last class. Throws
 * `mismatch/range` for a number that is no class.
 */
export function toCategorical(x: Plain | NestedNumbers, numClasses?: number): Tensor<"float64"> {
  return door("toCategorical", () => {
    const { shape, values } = classes(x);
    const count = numClasses || values.reduce((a, b) => Math.max(a, b), -1) + 1;
    if (numClasses === undefined && values.length === 0)
      fail("mismatch/shape", { path: "x", expected: "a class number", found: showShape(shape) });
    checkCount(count);
    const rows = shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
    const data = allocate("float64", sizeOf([...rows, count]));
    values.forEach((value, i) => {
      if (value < -count || value >= count)
        fail("mismatch/range", {
          path: `x${placeOf(indexOf(i, shape))}`,
          expected: `below ${count}`,
          found: String(value),
        });
      data[i * count + (value < 0 ? value + count : value)] = 1;
    });
    return present({ dtype: "float64", shape: [...rows, count], data });
  });
}
