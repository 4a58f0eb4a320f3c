/** Rules that the shape functions of the operations share. A null is a length that is not known yet. */
import { fail } from "../core/error.ts";
import { showShape } from "../core/tensor.ts";
import type { Shape, Size } from "./types.ts";

/** Refuses input shapes that an operation cannot take: `mismatch/shape` with its name and every shape. */
export function refuseShapes(op: string, expected: string, ...found: readonly Shape[]): never {
  return fail("mismatch/shape", { source: "graph", path: op, expected, found: found.map(showShape).join(" and ") });
}

/** The number of a `Size`, or null while it is a reference. */
export function lengthOf(size: Size): number | null {
  return typeof size === "number" ? size : null;
}

/** Whether two lengths can be the same. */
export function agree(a: number | null, b: number | null): boolean {
  return a === null || b === null || a === b;
}

/** The known one of two lengths that must be the same. */
export function merge(a: number | null, b: number | null): number | null {
  return a ?? b;
}

/** NumPy broadcasting: null meets 1 → null, null meets n → n. */
export function broadcast(op: string, shapes: readonly Shape[]): Shape {
  let result: Shape = shapes[0] ?? [];
  for (const next of shapes.slice(1)) {
    const rank = Math.max(result.length, next.length);
    const merged: (number | null)[] = [];
    for (let axis = 0; axis < rank; axis++) {
      const a = result.length - rank + axis < 0 ? 1 : result[result.length - rank + axis]!;
      const b = next.length - rank + axis < 0 ? 1 : next[next.length - rank + axis]!;
      if (a === 1) merged.push(b);
      else if (b === 1) merged.push(a);
      else if (agree(a, b)) merged.push(merge(a, b));
      else refuseShapes(op, "shapes that broadcast together", ...shapes);
    }
    result = merged;
  }
  return result;
}

/** Product of the lengths, null as soon as one is. */
export function product(shape: Shape): number | null {
  let size = 1;
  for (const length of shape) {
    if (length === null) return null;
    size *= length;
  }
  return size;
}

/** Refuses a rank outside `[least, most]`. */
export function checkRank(op: string, shape: Shape, least: number, most = Infinity): void {
  if (shape.length < least || shape.length > most) {
    const range = most === Infinity ? `at least ${least}` : least === most ? `${least}` : `${least} to ${most}`;
    refuseShapes(op, `${range} axes`, shape);
  }
}

/** Refuses an axis that the shape has not. */
export function checkAxis(op: string, shape: Shape, axis: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) refuseShapes(op, `an axis ${axis}`, shape);
}

/** `shape` with another length at `axis`. */
export function withAxis(shape: Shape, axis: number, length: number | null): Shape {
  return shape.map((old, i) => (i === axis ? length : old));
}

export function withoutAxis(shape: Shape, axis: number): Shape {
  return shape.filter((_, i) => i !== axis);
}

export function insertAxis(shape: Shape, axis: number, length: number | null): Shape {
  return [...shape.slice(0, axis), length, ...shape.slice(axis)];
}
