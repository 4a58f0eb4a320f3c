const UNDEFINED = 0xffffffff;

/** Appends little-endian fields; offsets and lengths have 8 bytes. */
export class Builder {
  #bytes = new Uint8Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  #grow(count: number): number {
    const at = this.#size;
    this.#size += count;
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#size, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }

  u8(...values: readonly number[]): this {
    let at = this.#grow(values.length);
    for (const value of values) this.#bytes[at++] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >> 8;
    return this;
  }

  u32(value: number): this {
    return this.u16(value & 0xffff).u16(value >>> 16);
  }

  /** A length or an address; `null` is the undefined address. */
  u64(value: number | null): this {
    if (value === null) return this.u32(UNDEFINED).u32(UNDEFINED);
    return this.u32(value % 2 ** 32).u32(Math.floor(value / 2 ** 32));
  }

  ascii(text: string): this {
    let at = this.#grow(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[at++] = text.charCodeAt(i);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Zeros. */
  zeros(count: number): this {
    this.#grow(count);
    return this;
  }

  /** Zeros up to the next multiple of 8. */
  pad8(): this {
    return this.zeros((8 - (this.#size % 8)) % 8);
  }

  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }
}
