/**
 * WebAssembly's binary format: expressions and statements as nested lists of bytes, so that operands can be written
 * inside their instruction. Follows https://webassembly.github.io/spec/core/binary/.
 */
export type Code = number | Uint8Array | readonly Code[];

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

export const TYPE_BYTE: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** All bytes in order. */
export function flatten(code: readonly Code[]): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(16384);
  let end = 0;
  const room = (count: number): void => {
    const larger = new Uint8Array(2 * bytes.length + count);
    larger.set(bytes);
    bytes = larger;
  };
  // Runs when most of a process has run once at most: a call costs more there than what it does.
  const walk = (parts: readonly Code[]): void => {
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      if (typeof part === "number") {
        if (end === bytes.length) room(1);
        bytes[end++] = part;
      } else if (part instanceof Uint8Array) {
        if (end + part.length > bytes.length) room(part.length);
        bytes.set(part, end);
        end += part.length;
      } else walk(part);
    }
  };
  walk(code);
  return bytes.slice(0, end);
}

/** Unsigned LEB128 of a number below 2^32. */
export function unsigned(value: number): Code {
  const rest = value >>> 0;
  return rest < 0x80 ? rest : [(rest & 0x7f) | 0x80, unsigned(rest >>> 7)];
}

/** Signed LEB128 of a whole number of 32 bits. */
export function signed32(value: number): Code {
  const isLast = value >= -0x40 && value < 0x40;
  return isLast ? value & 0x7f : [(value & 0x7f) | 0x80, signed32(value >> 7)];
}

/** Signed LEB128. */
export function signed(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

const scratch = new DataView(new ArrayBuffer(8));

/** The four bytes of a float32, little-endian. */
export function float32Bytes(value: number): number[] {
  scratch.setFloat32(0, value, true);
  return Array.from(new Uint8Array(scratch.buffer, 0, 4));
}

/** The eight bytes of a float64, little-endian. */
export function float64Bytes(value: number): number[] {
  scratch.setFloat64(0, value, true);
  return Array.from(new Uint8Array(scratch.buffer, 0, 8));
}

/** The four bytes of an int32, little-endian. */
export function int32Bytes(value: number): number[] {
  scratch.setInt32(0, value, true);
  return Array.from(new Uint8Array(scratch.buffer, 0, 4));
}

/** A length and as many entries. */
export function vector(entries: readonly Code[]): Code {
  return [unsigned(entries.length), entries];
}

/** A name: its length in bytes, then its UTF-8. */
export function utf8(text: string): Code {
  const bytes = new TextEncoder().encode(text);
  return [unsigned(bytes.length), bytes];
}

/** A section of a module: its id, its length in bytes, its content. */
export function section(id: number, content: Code): Code {
  const bytes = flatten([content]);
  return [id, unsigned(bytes.length), bytes];
}
