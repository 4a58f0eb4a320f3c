/** Turns what callers pass to `predict` into the model's input tensors, or refuses it by name. */
import { isArrayOf } from "../core/dtype.ts";
import { fail, failAll, located, type Problem } from "../core/error.ts";
import {
  castTensor,
  checkShape,
  checkTensor,
  isShape,
  isTensor,
  isTyped,
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
/** One input's values; for several inputs an array of those, or a record by input name (or layer's name). */
export type PredictInput = InputValue | readonly InputValue[] | { readonly [name: string]: InputValue };

function isRecord(x: PredictInput): x is { readonly [name: string]: InputValue } {
  return typeof x === "object" && x !== null && !Array.isArray(x) && !ArrayBuffer.isView(x) && !isTensor(x);
}

function byName(x: { readonly [name: string]: InputValue }, specs: readonly InputSpec[]): readonly InputValue[] {
  const given = new Map(Object.entries(x));
  const keys = specs.map(({ name, layer = name }) => (given.has(name) ? name : layer));
  const problems: Problem[] = specs
    .filter((_, i) => !given.has(keys[i]!))
    .map((spec) => ({ code: "mismatch/inputs", path: spec.name, message: "this input has no values" }));
  for (const name of given.keys()) {
    const expected = `one of ${specs.map((spec) => spec.name).join(", ")}`;
    if (!keys.includes(name)) problems.push({ code: "mismatch/inputs", path: name, expected, found: name });
  }
  failAll(problems);
  return keys.map((key) => given.get(key)!);
}

/**
 * A value as the input's dtype and rank want it, as Keras's functional models do it: cast; a last axis of length 1 dropped
 * or added. A typed array is a whole batch, where the model leaves nothing but its length open.
 */
function toTensor(value: InputValue, { name, shape, dtype, anyBatch }: InputSpec): Tensor {
  if (isTensor(value)) checkTensor(value, name);
  const [batch, ...rest] = shape ?? [];
  const first = anyBatch ? null : batch;
  const row = rest.reduce<number>((size, n) => size * (n ?? NaN), 1);
  const rows = isTyped(value) && rest.length > 0 ? value.length / row : NaN;
  const whole = Number.isInteger(rows) && (first ?? rows) === rows ? [rows, ...(rest as number[])] : undefined;
  const made = isTensor(value)
    ? castTensor(value, dtype, name)
    : located({ pathPrefix: name }, () => tensor(value, whole, dtype));
  const { length } = made.shape;
  if (shape !== null && length === shape.length + 1 && made.shape[length - 1] === 1)
    return { ...made, shape: made.shape.slice(0, -1) };
  const lacks = shape !== null && length === shape.length - 1 && shape[length] === 1;
  return lacks ? { ...made, shape: [...made.shape, 1] } : made;
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
      const { name, shape, anyBatch } = specs[i]!;
      const isOpen = (n: number | null, axis: number) => n === null || (anyBatch && axis === 0);
      const fits =
        shape === null ||
        (shape.length === value.shape.length && shape.every((n, axis) => isOpen(n, axis) || n === value.shape[axis]));
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

/** Whether `x` is what a prepared session takes as it is: tensors, or one typed array for each input. */
export function isDirect(x: PredictInput, specs: readonly InputSpec[]): x is Values | readonly Values[] {
  if (!Array.isArray(x)) return specs.length === 1 && fits(x, specs[0]!);
  if (specs.length === 1) return x.length === 1 && !isTyped(x[0]) && fits(x[0], specs[0]!);
  for (let i = 0; i < x.length; i++) if (specs[i] === undefined || !fits(x[i], specs[i]!)) return false;
  return true;
}

function fits(x: unknown, { dtype, shape }: InputSpec): boolean {
  if (isTyped(x)) return isArrayOf(dtype, x);
  return isTensor(x) && x.dtype === dtype && isShape(x.shape) && (shape === null || shape.length === x.shape.length);
}

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
      message: "the model leaves lengths open: the shapes of its inputs are wanted",
      expected: showShape(shape),
    });
  });
  checkShapes(
    shapes.map((shape, i) => ({ dtype: specs[i]!.dtype, shape, data: [] })),
    specs,
  );
  return shapes;
}

/**
 * Several sets of shapes: a list of what `readShapes` takes, or one of it. Of a model with one input, a list of shapes is
 * several sets; of one with several, a set in order. Throws `mismatch/option`, and what `readShapes` throws.
 */
export function readShapeSets(
  given: InputShapes | readonly InputShapes[] | undefined,
  specs: readonly InputSpec[],
): readonly (readonly (readonly number[])[])[] {
  const isSet = (shapes: InputShapes | readonly InputShapes[] | undefined): shapes is InputShapes | undefined =>
    !Array.isArray(shapes) ||
    shapes.every((one) => typeof one === "number") ||
    (specs.length > 1 && shapes.every((one) => isShape(one)));
  if (isSet(given)) return [readShapes(given, specs)];
  return given.map((shapes) => readShapes(shapes, specs));
}
