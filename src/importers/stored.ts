/** An HDF5 dataset as a stored weight: its datatype is checked now, its values are read when asked for. */
import type { Hdf5Dataset } from "../codecs/hdf5.ts";
import type { DType } from "../core/dtype.ts";
import { located, type Problem } from "../core/error.ts";
import type { StoredWeight } from "../core/stored.ts";
import { describeType, DTYPE_ATTRIBUTE, hdf5DType, textOf } from "../formats/h5-values.ts";

/** Where a dataset lies, for messages: the file, and what stands before paths inside it (`model.weights.h5:`). */
export interface FilePlace {
  readonly source: string;
  readonly file: string;
  readonly prefix: string;
}

/**
 * The weight that `dataset` is; null, with a problem added, when no weight can be stored like that: text, complex and
 * compound values, empty dataspaces, an array marked bfloat16 that is not. `marked`: bfloat16, which HDF5 has not, must
 * be marked.
 */
export function storedWeight(
  dataset: Hdf5Dataset,
  names: Pick<StoredWeight, "key" | "group" | "name">,
  place: FilePlace,
  problems: Problem[],
  marked = false,
): StoredWeight | null {
  const { shape, byteLength } = dataset;
  const where = { source: place.source, file: place.file, path: place.prefix + dataset.path };
  const dtype = weightDType(dataset, marked);
  if (dtype === null) {
    const marker = textOf(dataset.attributes.get(DTYPE_ATTRIBUTE));
    const found = describeType(dataset.type) + (marker === null ? "" : ` marked as ${marker}`);
    problems.push({ ...where, code: "unsupported/dtype", expected: "numbers or booleans", found });
    return null;
  }
  if (shape === null) {
    problems.push({ ...where, code: "malformed/weight", expected: "an array", found: "an empty dataspace" });
    return null;
  }
  const at = { source: place.source, file: place.file, ...(place.prefix === "" ? {} : { pathPrefix: place.prefix }) };
  return {
    ...names,
    dtype,
    shape,
    byteLength,
    read: () => located(at, () => dataset.read()),
    slices: () => locatedPieces(at, dataset.slices()),
  };
}

function weightDType(dataset: Hdf5Dataset, marked: boolean): DType | null {
  const dtype = hdf5DType(dataset);
  const says = textOf(dataset.attributes.get(DTYPE_ATTRIBUTE)) === "bfloat16";
  return (says && dtype !== "bfloat16") || (marked && dtype === "bfloat16" && !says) ? null : dtype;
}

async function* locatedPieces(
  where: Parameters<typeof located>[0],
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await located(where, () => iterator.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
