/** Named files that belong together: the members of a zip, or the files of a folder. */
import { openZip } from "../codecs/zip.ts";
import { fail } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { Members } from "../formats/members.ts";

/** The files of a folder by relative path. */
export function folderMembers(files: ReadonlyMap<string, Source>, name: string): Members {
  const get = (path: string): Source => files.get(path) ?? fail("malformed/missing-member", { file: name, path });
  return {
    name,
    size: [...files.values()].reduce((sum, file) => sum + file.size, 0),
    names: [...files.keys()],
    zip: null,
    sizeOf: (path) => get(path).size,
    open: async (path) => get(path),
    peek: async (path) => get(path),
    verify: async (path) => void get(path),
    close: async () => {
      for (const file of files.values()) await file.close?.();
    },
  };
}

/** The members of a zip, its directory entries included. Throws what `openZip` throws. */
export async function zipMembers(source: Source, limits: Limits): Promise<Members> {
  const zip = await openZip(source, limits);
  const get = (path: string) => zip.get(path) ?? fail("malformed/missing-member", { file: source.name, path });
  return {
    name: source.name,
    size: source.size,
    names: [...zip.keys()],
    zip,
    sizeOf: (path) => get(path).size,
    open: (path) => get(path).open(),
    peek: (path) => (source.isLazy ? get(path).peek() : get(path).open()),
    verify: (path) => get(path).verify(),
    close: async () => source.close?.(),
  };
}
