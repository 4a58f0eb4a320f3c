/**
 * Shapes. HDF5 File Format Specification IV.A.2.b "The Dataspace Message".
 */
import { atMost } from "../../core/error.ts";
import { type Cursor, malformed } from "./cursor.ts";

/** The shape of a dataset or attribute. */
export interface Dataspace {
  /** `[]` is a scalar, `null` an empty (null) dataspace. */
  readonly shape: readonly number[] | null;
  /** Largest size of each axis, `null` unlimited; the shape itself where not stored. */
  readonly maximum: readonly (number | null)[];
}

/** Throws `limit/rank`, `malformed/hdf5`. */
export function readDataspace(body: Cursor, maxRank: number): Dataspace {
  const version = body.version("dataspace", 1, 2);
  const rankAt = body.position;
  const rank = body.u8();
  atMost("limit/rank", rank, maxRank, "axes", {
    source: "hdf5",
    message: "a shape exceeds limits.rank",
    offset: rankAt,
  });
  const flags = body.u8();
  if (version === 1) {
    body.skip(5);
  } else {
    const kind = body.u8();
    if (kind > 2) malformed(`unknown kind ${kind} of dataspace`, body.position - 1);
    if (kind === 2) return { shape: null, maximum: [] };
    if (kind === 0 && rank !== 0) malformed(`a scalar dataspace of rank ${rank}`, rankAt);
  }
  const shape = Array.from({ length: rank }, () => body.length());
  if ((flags & 1) === 0) return { shape, maximum: shape };
  const maximum = shape.map((length) => {
    const most = body.optional(body.widths.length);
    if (most !== null && most < length)
      malformed(`an axis of ${length} exceeds its own maximum of ${most}`, body.position);
    return most;
  });
  return { shape, maximum };
}
