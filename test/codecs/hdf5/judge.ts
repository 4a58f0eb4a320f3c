/** h5wasm, the HDF5 library itself: reads what we write and writes what we read. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import h5wasm, { type Dataset, type File, type Group } from "h5wasm/node";

export interface JudgedArray {
  shape: number[] | null;
  bytes: Uint8Array;
}

export interface Judged {
  children: string[];
  datasets: Map<string, JudgedArray>;
  /** Attribute values by `path@name`. */
  attributes: Map<string, unknown>;
}

async function inFolder<T>(body: (path: string) => T): Promise<T> {
  await h5wasm.ready;
  const folder = mkdtempSync(join(tmpdir(), "hdf5-"));
  try {
    return body(join(folder, "file.h5"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function bytesOf(value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new Error(`h5wasm gave ${typeof value}`);
}

/** Which h5wasm does not read. */
const isFloat16 = (dtype: unknown): boolean => typeof dtype === "string" && dtype.endsWith("e");

/** Every object and attribute as the library sees it; values of one-dimensional and larger numeric datasets as bytes. */
export function judge(file: Uint8Array): Promise<Judged> {
  return inFolder((path) => {
    writeFileSync(path, file);
    const opened = new h5wasm.File(path, "r");
    const judged: Judged = { children: [], datasets: new Map(), attributes: new Map() };
    const pending: [string, Group][] = [["", opened]];
    const noteAttributes = (at: string, object: Group | Dataset): void => {
      for (const [name, { dtype }] of Object.entries(object.attrs)) {
        if (!isFloat16(dtype)) judged.attributes.set(`${at}@${name}`, object.get_attribute(name, false));
      }
    };
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [at, group] = next;
      noteAttributes(at, group);
      for (const name of group.keys()) {
        const childPath = at === "" ? name : `${at}/${name}`;
        const child = group.get(name);
        judged.children.push(childPath);
        if (child instanceof h5wasm.Group) pending.push([childPath, child]);
        else if (child instanceof h5wasm.Dataset) {
          noteAttributes(childPath, child);
          const { shape, type } = child.metadata;
          const isNumeric =
            type <= 1 && !isFloat16(child.dtype) && shape !== null && shape.length > 0 && !shape.includes(0);
          judged.datasets.set(childPath, { shape, bytes: isNumeric ? bytesOf(child.value) : new Uint8Array() });
        } else throw new Error(`h5wasm finds no object at ${childPath}`);
      }
    }
    opened.close();
    judged.children.sort();
    return judged;
  });
}

/** A file that the library writes. */
export function madeByLibrary(fill: (file: File) => void, low: "earliest" | "latest"): Promise<Uint8Array> {
  return inFolder((path) => {
    const file = new h5wasm.File(path, "w", { libver: [low, "latest"] });
    fill(file);
    file.close();
    return readFileSync(path);
  });
}
