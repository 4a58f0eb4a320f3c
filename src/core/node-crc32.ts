/** Node's CRC-32 in the place of ours. */
import { usePlatformCrc32 } from "./crc32.ts";

/** From now on checksums are Node's, which are faster. Node's module is asked for by the first of them: it takes time to load. */
export function useNodeCrc32(): void {
  let zlib: typeof import("node:zlib") | undefined;
  usePlatformCrc32((bytes, previous) => (zlib ??= process.getBuiltinModule("node:zlib")).crc32(bytes, previous));
}
