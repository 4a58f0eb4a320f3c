/** Walks over row-major arrays through strides: the one mover behind transposes, slices, flips and broadcasting. */

/** Calls `row` for each run along the last axis, with the source offset of every stride list at its start. */
export function eachRow(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  row: (at: number, offsets: readonly number[]) => void,
): void {
  const rank = shape.length;
  const length = rank === 0 ? 1 : shape[rank - 1]!;
  let rows = 1;
  for (let axis = 0; axis < rank - 1; axis++) rows *= shape[axis]!;
  if (length === 0) return;
  const index = new Array<number>(rank).fill(0);
  const offsets = strides.map(() => 0);
  for (let i = 0; i < rows; i++) {
    row(i * length, offsets);
    for (let axis = rank - 2; axis >= 0; axis--) {
      index[axis]!++;
      for (let s = 0; s < strides.length; s++) offsets[s]! += strides[s]![axis]!;
      if (index[axis]! < shape[axis]!) break;
      for (let s = 0; s < strides.length; s++) offsets[s]! -= strides[s]![axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** out[i] = source[offset + Σ index·stride] for every index of `shape`. */
export function copyStrided(
  source: Float64Array,
  offset: number,
  strides: readonly number[],
  shape: readonly number[],
  out: Float64Array,
): void {
  const length = shape.length === 0 ? 1 : shape[shape.length - 1]!;
  const step = shape.length === 0 ? 0 : strides[shape.length - 1]!;
  eachRow(shape, [strides], (at, [from]) => {
    let p = offset + from!;
    if (step === 1) {
      out.set(source.subarray(p, p + length), at);
      return;
    }
    for (let i = 0; i < length; i++, p += step) out[at + i] = source[p]!;
  });
}
