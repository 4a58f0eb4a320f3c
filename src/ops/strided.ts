/** Strides of row-major arrays. */

/** Distance between neighbours along each axis. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** Strides for reading `shape` as if it were broadcast to `target`: 0 along stretched axes. */
export function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const own = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : own[axis - lead]!));
}

/** Offsets of all indices of the sub-space that `axes` span, in row-major order. */
export function offsetsOf(shape: readonly number[], strides: readonly number[], axes: readonly number[]): Float64Array {
  let size = 1;
  for (const axis of axes) size *= shape[axis]!;
  const offsets = new Float64Array(size);
  let filled = 1;
  for (const axis of axes) {
    const length = shape[axis]!;
    if (length === 0) break;
    for (let i = filled - 1; i >= 0; i--) {
      const base = offsets[i]!;
      for (let j = length - 1; j >= 0; j--) offsets[i * length + j] = base + j * strides[axis]!;
    }
    filled *= length;
  }
  return offsets;
}
