/**
 * Several named arrays as NumPy's `.npz`: a zip of `.npy` members.
 *
 * Spec: numpy/lib/_npyio_impl.py (`savez`, `savez_compressed`, `NpzFile`).
 */
import { concatBytes } from "../core/bytes.ts";
import { crc32 } from "../core/crc32.ts";
import { fail, located } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { Tensor } from "../core/tensor.ts";
import { type NpyArray, openNpy, writeNpy } from "./npy.ts";
import { openZip, ZipHeaders } from "./zip.ts";

const SUFFIX = ".npy";

/**
 * The arrays by name, in the file's order, their checksums verified. Elements are read when asked for; those of deflated members
 * are in memory. Throws what `openZip` and `openNpy` throw, naming the array.
 */
export async function openNpz(source: Source, limits: Limits): Promise<Map<string, NpyArray>> {
  const members = [...(await openZip(source, limits)).values()].filter((member) => !member.directory);
  const total = members.reduce((sum, member) => sum + member.size, 0);
  if (total > limits.totalTensorBytes) {
    const expected = `at most ${limits.totalTensorBytes} bytes of arrays`;
    fail("limit/total-tensor-bytes", { source: "npz", file: source.name, expected, found: `${total} bytes` });
  }
  const arrays = new Map<string, NpyArray>();
  for (const member of members) {
    if (!member.name.endsWith(SUFFIX)) {
      fail("unsupported/npz-member", { source: "npz", file: source.name, path: member.name, expected: "a .npy array" });
    }
    const content = await member.open();
    const where = { file: source.name, pathPrefix: member.name };
    const array = await located(where, () => openNpy(content, limits));
    arrays.set(member.name.slice(0, -SUFFIX.length), { ...array, read: () => located(where, () => array.read()) });
  }
  return arrays;
}

/** The arrays with their elements. Throws what `openNpz` throws. */
export async function readNpz(source: Source, limits: Limits): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for (const [name, array] of await openNpz(source, limits)) tensors.set(name, await array.read());
  return tensors;
}

/** The bytes that `numpy.savez` writes. Throws what `writeNpy` throws. */
export function writeNpz(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  const headers = new ZipHeaders();
  const parts: Uint8Array[] = [];
  for (const [name, tensor] of tensors) {
    const content = located({ pathPrefix: name }, () => writeNpy(tensor));
    const entry = { name: name + SUFFIX, size: content.length, raw: { wide: true } };
    parts.push(headers.local(entry, crc32(content)), content);
  }
  parts.push(headers.end());
  return concatBytes(parts);
}
