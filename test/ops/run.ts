/** Runs one operation by itself, and walks over indices the slow way. */
import type { DType } from "../../src/core/dtype.ts";
import { arithmeticOf } from "../../src/engines/reference/arithmetic/index.ts";
import { ruleOf } from "../../src/ops/index.ts";
import type { OpName } from "../../src/ops/signatures.ts";
import type { Attrs, Nd, Shape } from "../../src/ops/types.ts";
import { slotsOf } from "../support/slots.ts";

export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Values 1, 2 … so that every element is told apart. */
export function counting(shape: readonly number[], start = 1): Nd {
  return { shape, data: Float64Array.from({ length: sizeOfShape(shape) }, (_, i) => start + i) };
}

/** The output of a primitive; its shape comes from the shape rule. */
export function runOp(name: OpName, x: readonly Nd[], attrs: Attrs = {}): Nd {
  const run = arithmeticOf(name);
  if (run === undefined) throw new Error(`${name} is no primitive`);
  const shape = shapeOf(name, x.map((v) => v.shape), attrs) as readonly number[]; // prettier-ignore
  const y = { shape, data: new Float64Array(sizeOfShape(shape)) };
  run(
    slotsOf(name, x),
    attrs,
    { y },
    { y: "float64" },
    slotsOf(
      name,
      x.map((): DType => "float64"),
    ),
  );
  return y;
}

export function shapeOf(name: OpName, x: readonly Shape[], attrs: Attrs = {}): Shape {
  return ruleOf(name).shape(slotsOf(name, x), attrs)["y"] as Shape;
}

/** All indices of a shape, row-major. */
export function indices(shape: readonly number[]): number[][] {
  return Array.from({ length: sizeOfShape(shape) }, (_, i) => {
    const index = new Array<number>(shape.length);
    let rest = i;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return index;
  });
}

export function at(x: Nd, index: readonly number[]): number {
  return x.data[index.reduce((offset, i, axis) => offset * x.shape[axis]! + i, 0)]!;
}

/** A tensor whose element at an index is what `f` says. */
export function generate(shape: readonly number[], f: (index: readonly number[]) => number): Nd {
  return { shape, data: Float64Array.from(indices(shape), f) };
}
