/** Node's CRC-32 in the place of ours. */
import * as zlib from "node:zlib";
import { usePlatformCrc32 } from "./crc32.ts";

/** From now on checksums are Node's, which are faster. */
export function useNodeCrc32(): void {
  usePlatformCrc32((bytes, previous) => zlib.crc32(bytes, previous));
}
