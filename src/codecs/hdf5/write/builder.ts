const UNDEFINED = 0xffffffff;

/** Appends little-endian fields; offsets and lengths have 8 bytes. */
export class Builder {
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
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
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  u8(...values: readonly number[]): this {
    for (const value of values) {
      const at = this.#grow(1);
      this.#view.setUint8(at, value);
    }
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2); // may replace the view
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4); // may replace the view
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** A length or an address; `null` is the undefined address. */
  u64(value: number | null): this {
    if (value === null) return this.u32(UNDEFINED).u32(UNDEFINED);
    return this.u32(value % 2 ** 32).u32(Math.floor(value / 2 ** 32));
  }

  ascii(text: string): this {
    for (let i = 0; i < text.length; i++) this.u8(text.charCodeAt(i));
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
