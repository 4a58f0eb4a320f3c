import type { DType } from "./dtype.ts";

/** One array of weights as a file stores it; nothing is read before `read` or `slices`. */
export interface StoredWeight {
  /** Unique in its archive: `layers/lstm/cell/vars/0`, `lstm/lstm/lstm_cell/kernel:0` (layer, then weight name), `lstm/kernel`. */
  readonly key: string;
  /** Who owns it. Tree files: the path of the owner (`layers/lstm/cell`); flat files: the layer's name. */
  readonly group: string;
  /** Within the group. Tree files: the number under `vars`; flat files: the stored weight name. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Little-endian, row-major. */
  read(): Promise<Uint8Array>;
  /** The same bytes in pieces, for copying without holding them all. */
  slices(): AsyncIterable<Uint8Array>;
}
