/** Arrays of bfloat16 for files that cannot say so: HDF5 has no such type. */
import type { DType } from "../core/dtype.ts";

/** bfloat16 as float32: two zeros before each two bytes. */
async function* widened(slices: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let isSecond = false;
  for await (const slice of slices) {
    const firsts = isSecond ? slice.length >> 1 : (slice.length + 1) >> 1;
    const wide = new Uint8Array(slice.length + 2 * firsts);
    let to = 0;
    for (const byte of slice) {
      if (!isSecond) to += 2;
      wide[to++] = byte;
      isSecond = !isSecond;
    }
    yield wide;
  }
}

/** An array of bfloat16 as one of float32, which has all of its numbers: where nothing marks it, no Keras reads it. */
export function asFloat32<A extends { readonly dtype: DType; slices(): AsyncIterable<Uint8Array> }>(array: A): A {
  return { ...array, dtype: "float32", slices: () => widened(array.slices()) };
}
