/** Arrays in files as NumPy writes them: `.npy` and `.npz`. */
import { parseNpy, writeNpy } from "../codecs/npy.ts";
import { readNpz, writeNpz } from "../codecs/npz.ts";
import { fail, located } from "../core/error.ts";
import { DEFAULT_LIMITS } from "../core/limits.ts";
import { checkTensor, type Tensor as Plain } from "../core/tensor.ts";
import { isOneFile, type LoadInput, openInput, type OpenPath } from "./load.ts";
import { present, type Tensor } from "./tensor.ts";

/** The arrays by name; the one of a `.npy` is called "". Throws `unsupported/file-type` for others, and what reading throws. */
export async function arraysIn(file: LoadInput, openPath: OpenPath | null): Promise<ReadonlyMap<string, Tensor>> {
  const source = await openInput(file, DEFAULT_LIMITS, openPath);
  if (!isOneFile(source)) return fail("unsupported/file-type", { expected: "an .npy or .npz", found: "a folder" });
  try {
    const head = await source.read(0, Math.min(source.size, 2));
    const isNpy = head[0] === 0x93;
    if (!isNpy && head[0] !== 0x50)
      return fail("unsupported/file-type", { file: source.name, expected: "an .npy or .npz" });
    const found = isNpy
      ? new Map([["", await located({ file: source.name }, async () => parseNpy(await source.read(0, source.size), DEFAULT_LIMITS))]]) // prettier-ignore
      : await readNpz(source, DEFAULT_LIMITS);
    return new Map([...found].map(([name, array]) => [name, present(array)]));
  } finally {
    await source.close?.();
  }
}

/** An `.npz` of arrays by name, or the `.npy` of one. */
export function arrayFile(arrays: Plain | ReadonlyMap<string, Plain>): Uint8Array {
  if (!(arrays instanceof Map)) {
    checkTensor(arrays, "arrays");
    return writeNpy(arrays as Plain);
  }
  for (const [name, array] of arrays) checkTensor(array, name);
  return writeNpz(arrays);
}
