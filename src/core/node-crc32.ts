/** Node's CRC-32 in the place of ours. */
import * as zlib from "node:zlib";
import { usePlatformCrc32 } from "./crc32.ts";

export function useNodeCrc32(): void {
  usePlatformCrc32((bytes, previous) => zlib.crc32(bytes, previous));
}
