/**
 * Protocol Buffers' wire format, written (https://protobuf.dev/programming-guides/encoding). Lengths are known before the
 * bytes are: a message may hold arrays that are read only when they are written.
 */

/** Bytes that are made when they are wanted, `size` of them. */
export interface Later {
  readonly size: number;
  bytes(): Promise<Uint8Array>;
}

const WIRE = { varint: 0, length: 2, fixed32: 5 } as const;

/** A number as 7 bits a byte, the lowest first; negative ones as 64 bits of two's complement. */
function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** A message: its fields in the order in which they are added. */
export class ProtoMessage {
  readonly #parts: (Uint8Array | Later)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  #add(part: Uint8Array | Later): void {
    this.#parts.push(part);
    this.#size += part instanceof Uint8Array ? part.length : part.size;
  }

  #key(field: number, wire: number, ...more: number[]): void {
    this.#add(Uint8Array.from([...varint((field << 3) | wire), ...more]));
  }

  /** int32, int64, bool and enumerations. */
  int(field: number, value: number | bigint): this {
    this.#key(field, WIRE.varint, ...varint(value));
    return this;
  }

  /** Several, each with its key. */
  ints(field: number, values: readonly number[]): this {
    for (const value of values) this.int(field, value);
    return this;
  }

  float(field: number, value: number): this {
    this.#key(field, WIRE.fixed32, ...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field: number, value: Uint8Array | Later): this {
    const size = value instanceof Uint8Array ? value.length : value.size;
    this.#key(field, WIRE.length, ...varint(size));
    this.#add(value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: ProtoMessage): this {
    this.#key(field, WIRE.length, ...varint(value.#size));
    this.#parts.push(...value.#parts);
    this.#size += value.#size;
    return this;
  }

  /** The bytes; small fields are put together. */
  async *chunks(): AsyncIterable<Uint8Array> {
    let held: Uint8Array[] = [];
    const joined = (): Uint8Array => {
      const all = new Uint8Array(held.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of held) {
        all.set(part, at);
        at += part.length;
      }
      held = [];
      return all;
    };
    for (const part of this.#parts) {
      if (part instanceof Uint8Array && part.length < MOST_JOINED) {
        held.push(part);
        continue;
      }
      if (held.length > 0) yield joined();
      yield part instanceof Uint8Array ? part : await part.bytes();
    }
    if (held.length > 0) yield joined();
  }
}

const MOST_JOINED = 1 << 16;
