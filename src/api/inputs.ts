/** Turns what callers pass to `predict` into the model's input tensors, or refuses it by name. */
import type { DType, NumericArray } from "../core/dtype.ts";
import { fail, failAll, located, type Problem } from "../core/error.ts";
import {
  checkShape,
  checkTensor,
  isShape,
  isTensor,
  type NestedNumbers,
  showShape,
  type Tensor,
  tensor,
} from "../core/tensor.ts";
import { kindOf } from "../core/guard.ts";
import type { InputSpec } from "../layers/define.ts";
import type { Values } from "../engines/types.ts";

/** Values of one input. */
export type InputValue = Tensor | NestedNumbers;
/** One input's values; for several inputs an array of those, or a record by input name. */
export type PredictInput = InputValue | readonly InputValue[] | { readonly [name: string]: InputValue };

function isRecord(x: PredictInput): x is { readonly [name: string]: InputValue } {
  return typeof x === "object" && x !== null && !Array.isArray(x) && !ArrayBuffer.isView(x) && !isTensor(x);
}

function byName(x: { readonly [name: string]: InputValue }, specs: readonly InputSpec[]): readonly InputValue[] {
  const given = new Map(Object.entries(x));
  const problems: Problem[] = specs
    .filter((spec) => !given.has(spec.name))
    .map((spec) => ({ code: "mismatch/inputs", path: spec.name, message: "this input has no values" }));
  const names = new Set(specs.map((spec) => spec.name));
  for (const name of given.keys()) {
    if (!names.has(name))
      problems.push({ code: "mismatch/inputs", path: name, expected: `one of ${[...names].join(", ")}`, found: name });
  }
  failAll(problems);
  return specs.map((spec) => given.get(spec.name)!);
}

function toTensor(value: InputValue, spec: InputSpec): Tensor {
  if (!isTensor(value)) return located({ pathPrefix: spec.name }, () => tensor(value, undefined, spec.dtype));
  checkTensor(value, spec.name);
  if (value.dtype !== spec.dtype)
    fail("mismatch/dtype", { path: spec.name, expected: spec.dtype as DType, found: value.dtype });
  return value;
}

/** The values of each input, in the model's order. Throws `mismatch/inputs`. */
function valuesFor(x: PredictInput, specs: readonly InputSpec[]): readonly InputValue[] {
  if (isRecord(x)) return byName(x, specs);
  if (specs.length === 1)
    return Array.isArray(x) && x.length > 0 && x.every(isTensor) ? (x as readonly InputValue[]) : [x as InputValue];
  if (Array.isArray(x)) return x as readonly InputValue[];
  return fail("mismatch/inputs", {
    expected: `${specs.length} inputs: ${specs.map((s) => s.name).join(", ")}`,
    found: "one",
  });
}

function checkShapes(tensors: readonly Tensor[], specs: readonly InputSpec[]): void {
  failAll(
    tensors.flatMap((value, i): Problem[] => {
      const { name, shape } = specs[i]!;
      const fits =
        shape === null ||
        (shape.length === value.shape.length && shape.every((n, axis) => n === null || n === value.shape[axis]));
      return fits
        ? []
        : [{ code: "mismatch/shape", path: name, expected: showShape(shape), found: showShape(value.shape) }];
    }),
  );
}

function toTensors(values: readonly InputValue[], specs: readonly InputSpec[]): readonly Tensor[] {
  if (values.length !== specs.length)
    fail("mismatch/inputs", {
      expected: `${specs.length} inputs: ${specs.map((s) => s.name).join(", ")}`,
      found: String(values.length),
    });
  const tensors = specs.map((spec, i) => toTensor(values[i]!, spec));
  checkShapes(tensors, specs);
  return tensors;
}

/** Checks and converts. Throws `mismatch/inputs`, `mismatch/dtype`, `mismatch/shape`, each naming the input. */
export function readInputs(x: PredictInput, specs: readonly InputSpec[]): readonly Tensor[] {
  return toTensors(valuesFor(x, specs), specs);
}

const isTyped = (value: unknown): value is NumericArray => ArrayBuffer.isView(value) && !(value instanceof DataView);

/** Whether `x` is what a prepared session takes as it is: tensors, or one typed array for each input. */
export function isDirect(x: PredictInput, count: number): x is Values | readonly Values[] {
  if (!Array.isArray(x)) return count === 1 && (isTyped(x) || isShaped(x));
  if (count === 1) return x.length === 1 && isShaped(x[0]);
  for (let i = 0; i < x.length; i++) if (!isTyped(x[i]) && !isShaped(x[i])) return false;
  return true;
}

const isShaped = (x: unknown): x is Tensor => isTensor(x) && isShape(x.shape);

/** As `readInputs`, but a typed array holds all values of its input, whose shape was prepared. */
export function readPrepared(
  x: PredictInput,
  specs: readonly InputSpec[],
  shapes: readonly (readonly number[])[],
): readonly Tensor[] {
  const values = valuesFor(x, specs);
  return toTensors(
    Array.from(values, (value, i) =>
      isTyped(value) && i < specs.length
        ? located({ pathPrefix: specs[i]!.name }, () => tensor(value, shapes[i]!, specs[i]!.dtype))
        : value,
    ),
    specs,
  );
}

/** Shapes for `prepare`: of the only input, of all in order, or by name. */
export type InputShapes =
  readonly number[] | readonly (readonly number[])[] | { readonly [name: string]: readonly number[] };

function isOneShape(shapes: InputShapes): shapes is readonly number[] {
  return Array.isArray(shapes) && shapes.every((n) => typeof n === "number");
}

/** The shape of each input; without `given` the model's own with one sample. Throws `mismatch/inputs`, `mismatch/shape`. */
export function readShapes(given: InputShapes | undefined, specs: readonly InputSpec[]): (readonly number[])[] {
  if (given !== undefined && (typeof given !== "object" || given === null))
    fail("mismatch/shape", { path: "shapes", expected: "shapes of inputs", found: kindOf(given) });
  const byOrder = given === undefined || isOneShape(given) ? [given] : Array.isArray(given) ? given : null;
  if (given !== undefined && byOrder !== null && byOrder.length !== specs.length)
    fail("mismatch/inputs", { expected: `shapes of ${specs.length} inputs`, found: String(byOrder.length) });
  const shapes = specs.map(({ name, shape }, i): readonly number[] => {
    const own = byOrder === null ? (given as { readonly [name: string]: readonly number[] })[name] : byOrder[i];
    if (own !== undefined) return checkShape(own, name);
    const whole = shape?.map((n, axis) => (axis === 0 ? (n ?? 1) : n));
    if (whole !== undefined && whole.every((n) => n !== null)) return whole as readonly number[];
    return fail("mismatch/shape", {
      path: name,
      message: "the model leaves lengths open: prepare wants the shapes of its inputs",
      expected: showShape(shape),
    });
  });
  checkShapes(
    shapes.map((shape, i) => ({ dtype: specs[i]!.dtype, shape, data: [] })),
    specs,
  );
  return shapes;
}
