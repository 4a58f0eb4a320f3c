/** Runs one operation by itself, and walks over indices the slow way. */
import { getOp } from "../../src/ops/index.ts";
import type { Attrs, Nd, Shape } from "../../src/ops/types.ts";

export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Values 1, 2 … so that every element is told apart. */
export function counting(shape: readonly number[], start = 1): Nd {
  return { shape, data: Float64Array.from({ length: sizeOfShape(shape) }, (_, i) => start + i) };
}

/** The primitive's first output; its shape comes from the shape rule. */
export function runOp(name: string, x: readonly Nd[], attrs: Attrs = {}): Nd {
  const op = getOp(name);
  if (op.kind !== "primitive") throw new Error(`${name} is no primitive`);
  const shapes = op.shape(
    x.map((v) => v.shape),
    attrs,
  ) as unknown as readonly number[][];
  const out = shapes.map((shape) => ({ shape, data: new Float64Array(sizeOfShape(shape)) }));
  op.run(
    x,
    attrs,
    out,
    shapes.map(() => "float64" as const),
  );
  return out[0]!;
}

export function shapeOf(name: string, x: readonly Shape[], attrs: Attrs = {}): Shape {
  return getOp(name).shape(x, attrs)[0]!;
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
