/** Several files as one input: what a page drops, picks or keeps. Loaded when such is given. */
import { fail } from "../core/error.ts";
import { kindOf } from "../core/guard.ts";
import type { Limits } from "../core/limits.ts";
import { blobName, blobSource, isBlob, type Source, sourceOf } from "../core/source.ts";
import type { BlobLike, HandleLike } from "../core/platform.ts";
import type { ImportInput } from "../importers/index.ts";
import { artifactFiles, isModelArtifacts, type ModelArtifacts } from "./model-artifacts.ts";

/** Files by path inside a folder. */
export type FileRecord =
  | ReadonlyMap<string, Uint8Array | ArrayBuffer | BlobLike>
  | { readonly [path: string]: Uint8Array | ArrayBuffer | BlobLike };

/** What `filesIn` takes. */
export type FilesInput = HandleLike | Iterable<BlobLike> | FileRecord | ModelArtifacts;

/** The file or files of a handle, a list of Files, a record by path or TensorFlow.js's artifacts. Throws `unsupported/input`. */
export async function filesIn(input: FilesInput, limits: Limits): Promise<ImportInput> {
  if (isHandle(input)) return held(input, limits);
  if (Symbol.iterator in input && !(input instanceof Map)) {
    const files: readonly unknown[] = [...input];
    if (files.length === 0 || !files.every(isBlob)) {
      const found = files.length === 0 ? "an empty list" : `a list with ${kindOf(files.find((file) => !isBlob(file)))}`;
      return fail("unsupported/input", { expected: "Files", found });
    }
    return listed(files);
  }
  if (isModelArtifacts(input)) return artifactFiles(input);
  const entries: readonly [unknown, unknown][] = input instanceof Map ? [...input] : Object.entries(input);
  return new Map(entries.map(([path, file]) => [String(path), wholeFile(file, String(path))]));
}

const wholeFile = (file: unknown, name: string): Source =>
  sourceOf(file, name) ?? fail("unsupported/input", { file: name, expected: "bytes or a Blob", found: kindOf(file) });

/** Files as they were dropped or picked, by their path in the folder that they all lie in. */
function listed(files: readonly BlobLike[]): ImportInput {
  if (files.length === 1) return blobSource(files[0]!, blobName(files[0]!));
  const paths = files.map(
    (file) => ("webkitRelativePath" in file && String(file.webkitRelativePath)) || blobName(file),
  );
  const top = paths[0]!.slice(0, paths[0]!.indexOf("/") + 1);
  const below = paths.every((path) => path.startsWith(top)) ? paths.map((path) => path.slice(top.length)) : paths;
  const twice = below.find((path, i) => below.indexOf(path) < i);
  if (twice !== undefined) fail("malformed/duplicate-name", { path: twice, message: "two files of one name" });
  return new Map(files.map((file, i) => [below[i]!, blobSource(file, below[i])]));
}

const isHandle = (input: object): input is FileSystemHandle =>
  "kind" in input &&
  (input.kind === "file" || input.kind === "directory") &&
  ("getFile" in input || "entries" in input);

/** A file, or a folder's files by path. Throws `limit/entries`, `malformed/unreadable-file`. */
async function held(handle: FileSystemHandle, limits: Limits): Promise<ImportInput> {
  const fileOf = async (file: FileSystemHandle, name: string): Promise<Source> =>
    blobSource(
      await (file as FileSystemFileHandle)
        .getFile()
        .catch((error: unknown) => fail("malformed/unreadable-file", { file: name, message: String(error) })),
      name,
    );
  if (handle.kind === "file") return fileOf(handle, handle.name);
  const files = new Map<string, Source>();
  const open = [{ path: "", folder: handle as unknown as FolderHandle }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for await (const [name, entry] of next.folder.entries()) {
      const path = next.path + name;
      if (files.size + open.length >= limits.entries)
        fail("limit/entries", { file: handle.name, expected: `at most ${limits.entries} files` });
      if (entry.kind === "directory") open.push({ path: `${path}/`, folder: entry as unknown as FolderHandle });
      else files.set(path, await fileOf(entry, path));
    }
  }
  return files;
}

interface FolderHandle {
  entries(): AsyncIterable<[string, FileSystemHandle]>;
}
