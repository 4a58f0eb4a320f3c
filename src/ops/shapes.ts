/** Rules that the shape functions of the operations share. A null is a length that is not known yet. */
import { fail } from "../core/error.ts";
import { showShape } from "../core/tensor.ts";
import type { Shape, Size, ValueId } from "./types.ts";

/** Refuses input shapes that an operation cannot take: `mismatch/shape` with its name as source, and every shape; whoever calls it adds the layer. */
export function refuseShapes(op: string, expected: string, ...found: readonly Shape[]): never {
  return fail("mismatch/shape", { source: op, expected, found: found.map(showShape).join(" and ") });
}

type SizeFn = Extract<Size, { fn: string }>["fn"];

function arithmetic(fn: SizeFn, a: number, b: number): number {
  if (fn === "add") return a + b;
  if (fn === "sub") return a - b;
  if (fn === "mul") return a * b;
  if (fn === "max") return Math.max(a, b);
  if (fn === "floor" && b !== 0) return Math.floor(a / b);
  if (fn === "need") return a >= b ? a : fail("mismatch/shape", { source: "graph", expected: `a length of at least ${b}`, found: String(a) }); // prettier-ignore
  if (b !== 0 && a % b === 0) return a / b;
  return fail("mismatch/shape", { source: "graph", expected: `a length that ${b} divides`, found: String(a) });
}

/** Arithmetic on lengths, done at once where both are known. */
export function sizeFrom(fn: SizeFn, a: Size, b: Size): Size {
  return typeof a === "number" && typeof b === "number" ? arithmetic(fn, a, b) : { fn, a, b };
}

/** The number of a `Size`; `measure` gives the axes of values that it refers to, by default none is known. */
export function numberOfSize(
  size: Size,
  measure: (of: ValueId, axis: number) => number | null = () => null,
): number | null {
  if (typeof size === "number") return size;
  if ("of" in size) return measure(size.of, size.axis);
  const [a, b] = [numberOfSize(size.a, measure), numberOfSize(size.b, measure)];
  return a === null || b === null ? null : arithmetic(size.fn, a, b);
}

/** Whether two lengths can be the same. */
export function agree(a: number | null, b: number | null): boolean {
  return a === null || b === null || a === b;
}

/** The known one of two lengths that must be the same. */
export function mergeLengths(a: number | null, b: number | null): number | null {
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
      else if (agree(a, b)) merged.push(mergeLengths(a, b));
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

/** Refuses axes that the shape has not, or that are named twice. */
export function checkAxes(op: string, shape: Shape, axes: readonly number[]): void {
  for (const axis of axes) checkAxis(op, shape, axis);
  if (new Set(axes).size !== axes.length) refuseShapes(op, `different axes, not ${axes.join(", ")}`, shape);
}

/** `shape` with another length at `axis`. */
export function withAxis(shape: Shape, axis: number, length: number | null): Shape {
  return shape.map((old, i) => (i === axis ? length : old));
}

/** `shape` without the axis. */
export function withoutAxis(shape: Shape, axis: number): Shape {
  return shape.filter((_, i) => i !== axis);
}

/** `shape` with a new axis of that length at `axis`. */
export function insertAxis(shape: Shape, axis: number, length: number | null): Shape {
  return [...shape.slice(0, axis), length, ...shape.slice(axis)];
}
