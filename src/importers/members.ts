/** Named files that belong together: the members of a zip, or the files of a folder. */
import { fail } from "../core/error.ts";
import type { Source } from "../core/source.ts";

export interface Members {
  /** As the caller named the whole. */
  readonly name: string;
  /** Bytes of the whole: of the zip, or of all files. */
  readonly size: number;
  /** In the container's order. */
  readonly names: readonly string[];
  /** The bytes of a member; a stored one is read in place. */
  open(name: string): Promise<Source>;
  close(): Promise<void>;
}

/** The files of a folder by relative path. */
export function folderMembers(files: ReadonlyMap<string, Source>, name: string): Members {
  return {
    name,
    size: [...files.values()].reduce((sum, file) => sum + file.size, 0),
    names: [...files.keys()],
    open: async (path) => files.get(path) ?? fail("malformed/missing-member", { file: name, path }),
    close: async () => {
      for (const file of files.values()) await file.close?.();
    },
  };
}
