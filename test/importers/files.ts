import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Hdf5Group } from "../../src/codecs/hdf5.ts";
import { FormatError } from "../../src/core/error.ts";
import { bytesSource, type Source } from "../../src/core/source.ts";
import { openFile } from "../../src/core/node-files.ts";
import type { Archive } from "../../src/formats/archive.ts";
import type { ImportInput } from "../../src/importers/index.ts";

export const FIXTURES = join(import.meta.dirname, "../../fixtures");

/** Everything below fixtures/layers, models and formats that holds a model or weights; a folder `model` is one. */
export function modelFiles(): string[] {
  const found: string[] = [];
  for (const folder of ["layers", "models", "formats"]) {
    const path = join(FIXTURES, folder);
    if (!existsSync(path)) continue;
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
      const isModel = /\.(keras|h5|hdf5|json|backup|model)$/.test(entry.name) && entry.name !== "cases.json";
      const isInside = /\/model(\.keras)?(\/variables)?$/.test(entry.parentPath);
      const isFolder = entry.isDirectory() && existsSync(join(entry.parentPath, "io.npz"));
      if (isFolder && /^model(\.keras)?$/.test(entry.name)) found.push(join(entry.parentPath, entry.name));
      else if (entry.isFile() && isModel && !isInside) found.push(join(entry.parentPath, entry.name));
    }
  }
  return found.sort();
}

export function fileSource(path: string): Source {
  return bytesSource(new Uint8Array(readFileSync(path)), path);
}

/** A file in memory, or a folder's files. */
export async function fileInput(path: string): Promise<ImportInput> {
  return statSync(path).isDirectory() ? openFile(path) : fileSource(path);
}

export function textSource(text: string, name = "file"): Source {
  return bytesSource(new TextEncoder().encode(text), name);
}

/** The `FormatError` that a promise ends in. */
export async function refusal(promise: Promise<unknown>): Promise<FormatError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(FormatError);
  return outcome as FormatError;
}

/** Every object and attribute of an HDF5 tree, as ledgers name them. */
export function objectsOf(root: Hdf5Group, prefix = ""): string[] {
  const names: string[] = [];
  for (const name of root.attributes.keys()) names.push(`${prefix}${root.path}@${name}`);
  for (const child of root.children.values()) {
    names.push(prefix + child.path);
    if (child.kind === "group") names.push(...objectsOf(child, prefix));
    else for (const name of child.attributes.keys()) names.push(`${prefix}${child.path}@${name}`);
  }
  return names;
}

/** What the ledger and the extras of an archive name, sorted. */
export function accounted(archive: Archive): string[] {
  return [...archive.ledger.objects, ...archive.extras.map(({ path }) => path)].sort();
}
