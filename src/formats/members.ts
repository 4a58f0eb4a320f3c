import type { ZipMember } from "../codecs/zip.ts";
import type { Source } from "../core/source.ts";

/** Named files that belong together: the members of a zip, or the files of a folder. */
export interface Members {
  /** As the caller named the whole. */
  readonly name: string;
  /** Bytes of the whole: of the zip, or of all files. */
  readonly size: number;
  /** In the container's order. */
  readonly names: readonly string[];
  /** The zip's own records, for writing it back; null for a folder. */
  readonly zip: ReadonlyMap<string, ZipMember> | null;
  sizeOf(name: string): number;
  /** The bytes of a member, its checksum verified; a stored one is read in place. */
  open(name: string): Promise<Source>;
  /** The same; of a lazy whole the checksum waits until somebody calls `open`. */
  peek(name: string): Promise<Source>;
  /** Throws when the bytes of a member are not what its checksum says; they are read for it once. */
  verify(name: string): Promise<void>;
  close(): Promise<void>;
}
