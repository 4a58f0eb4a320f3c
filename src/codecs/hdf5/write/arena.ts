/** Blocks of a file one after another, each at a multiple of 8. */
export class FileArena {
  readonly blocks: Uint8Array[] = [];
  #end: number;

  constructor(start: number) {
    this.#end = start;
  }

  /** Where the next block will be. */
  get end(): number {
    return this.#end;
  }

  /** Appends a block, padded with zeros; gives its address. */
  place(block: Uint8Array): number {
    const address = this.#end;
    const padding = (8 - (block.length % 8)) % 8;
    this.blocks.push(block);
    if (padding > 0) this.blocks.push(new Uint8Array(padding));
    this.#end += block.length + padding;
    return address;
  }
}
