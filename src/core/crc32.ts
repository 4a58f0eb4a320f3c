/**
 * CRC-32 as in zip, gzip and PNG (polynomial 0xEDB88320, reflected), and CRC-32C as in TensorFlow's files (0x82F63B78), eight
 * bytes a step.
 *
 * Spec: ISO/IEC 8802-3 3.2.9; RFC 3720 12.1; the slicing-by-8 method of Kounavis and Berry (2005).
 */
const SLICES = 8;

function tableOf(polynomial: number): Uint32Array {
  const table = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256]!;
    table[i] = (before >>> 8) ^ table[before & 255]!;
  }
  return table;
}

const TABLE = tableOf(0xedb88320);
let castagnoli: Uint32Array | null = null;

type Crc32 = (bytes: Uint8Array, previous?: number) => number;

let platform: Crc32 | null = null;

/** Takes the platform's own implementation from now on (Node's is several times as fast). */
export function usePlatformCrc32(implementation: Crc32): void {
  platform = implementation;
}

/** The checksum of `bytes`, or of everything so far when `previous` is the checksum of what came before. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  return platform === null ? portable(TABLE, bytes, previous) : platform(bytes, previous);
}

/** CRC-32C, likewise. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  return portable((castagnoli ??= tableOf(0x82f63b78)), bytes, previous);
}

function portable(t: Uint32Array, bytes: Uint8Array, previous: number): number {
  const end = bytes.length;
  let crc = ~previous;
  let i = 0;
  for (const last = end - (SLICES - 1); i < last; i += SLICES) {
    const low = crc ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    crc =
      t[1792 + (low & 255)]! ^
      t[1536 + ((low >>> 8) & 255)]! ^
      t[1280 + ((low >>> 16) & 255)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
