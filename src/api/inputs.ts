/** Turns what callers pass to `predict` into the model's input tensors, or refuses it by name. */
import { type DType } from "../core/dtype.ts";
import { fail, failAll, type Problem } from "../core/error.ts";
import { isTensor, type NestedNumbers, showShape, type Tensor, tensor } from "../core/tensor.ts";
import type { InputSpec } from "../layers/define.ts";

/** Values of one input. */
export type InputValue = Tensor | NestedNumbers;
/** One input's values; for several inputs an array of those, or a record by input name. */
export type PredictInput = InputValue | readonly InputValue[] | { readonly [name: string]: InputValue };

function isRecord(x: PredictInput): x is { readonly [name: string]: InputValue } {
  return typeof x === "object" && !Array.isArray(x) && !ArrayBuffer.isView(x) && !isTensor(x);
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
  if (!isTensor(value)) return tensor(value, undefined, spec.dtype);
  if (value.dtype !== spec.dtype)
    fail("mismatch/dtype", { path: spec.name, expected: spec.dtype as DType, found: value.dtype });
  return value;
}

/** Checks and converts. Throws `mismatch/inputs`, `mismatch/dtype`, `mismatch/shape`, each naming the input. */
export function readInputs(x: PredictInput, specs: readonly InputSpec[]): readonly Tensor[] {
  let values: readonly InputValue[];
  if (isRecord(x)) values = byName(x, specs);
  else if (specs.length === 1) values = Array.isArray(x) && x.length > 0 && x.every(isTensor) ? x : [x as InputValue];
  else if (Array.isArray(x)) values = x as readonly InputValue[];
  else
    return fail("mismatch/inputs", {
      expected: `${specs.length} inputs: ${specs.map((s) => s.name).join(", ")}`,
      found: "one",
    });
  if (values.length !== specs.length) {
    fail("mismatch/inputs", {
      expected: `${specs.length} inputs: ${specs.map((s) => s.name).join(", ")}`,
      found: String(values.length),
    });
  }
  const tensors = values.map((value, i) => toTensor(value, specs[i]!));
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
  return tensors;
}
