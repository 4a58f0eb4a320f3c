/** A weight bound to stored arrays, or to an initialiser, or to a value that somebody set. */
import type { JsonNode } from "../codecs/json.ts";
import { type DType, viewAs } from "../core/dtype.ts";
import { withDType } from "../core/cast.ts";
import { fail } from "../core/error.ts";
import type { StoredWeight } from "../core/stored.ts";
import { showShape, sizeOf, type Tensor } from "../core/tensor.ts";
import type { LayerNode, Recipe, Weight } from "../layers/define.ts";
import { type StoredPiece, runRecipe } from "./steps.ts";

/** Makes the first values of a weight that no file holds. */
export type Initialise = (init: JsonNode, shape: readonly number[], dtype: DType) => Tensor | Promise<Tensor>;

const noData = (stored: StoredWeight): StoredPiece => ({ dtype: numeric(stored), shape: stored.shape, data: null });

function numeric(stored: StoredWeight): Exclude<DType, "string"> {
  return stored.dtype === "string"
    ? fail("unsupported/dtype", { path: stored.key, expected: "numbers", found: "string" })
    : stored.dtype;
}

function withOnes(value: Tensor, ones: readonly [start: number, stop: number] | null): Tensor {
  if (ones === null) return value;
  const width = value.shape.at(-1)!;
  for (let row = 0; row < value.data.length; row += width)
    (value.data as Float32Array).fill(1, row + ones[0], row + ones[1]);
  return value;
}

/**
 * The arrays of a class that is not known, or of a quantised layer that does not run: to be seen and read. Setting throws
 * `unsupported/layer`.
 */
export const keptWeights = ({ path, trainable }: LayerNode, arrays: readonly StoredWeight[]): readonly Weight[] =>
  arrays.map((stored) => {
    const about = { name: stored.name, path: stored.key, trainable, dtype: stored.dtype, init: null, ones: null };
    const weight = new BoundWeight(about, null);
    weight.bindTo([stored], null);
    const message = "the arrays of a layer that is not known stay as they are";
    return Object.assign(weight, { set: () => fail("unsupported/layer", { path, message }) });
  });

let changes = 0;

/** How often any weight of any model was set. */
export const weightChanges = (): number => changes;

/** A weight that is read when first asked for. Reading and setting throw `mismatch/*` where a value is missing or does not fit. */
export class BoundWeight implements Weight {
  readonly name: string;
  path: string;
  trainable: boolean;
  readonly dtype: DType;
  readonly init: JsonNode;
  shape: readonly number[] | null = null;
  source: readonly StoredWeight[] = [];
  recipe: Recipe | null = null;
  changed = 0;
  #value: Tensor | null = null;
  #later: (() => Promise<Tensor>) | null = null;
  #initial: Promise<Tensor> | null = null;
  readonly #initialise: Initialise | null;
  readonly #ones: readonly [start: number, stop: number] | null;

  constructor(
    o: {
      name: string;
      path: string;
      trainable: boolean;
      dtype: DType;
      init: JsonNode;
      ones: readonly [start: number, stop: number] | null;
    },
    initialise: Initialise | null,
  ) {
    this.name = o.name;
    this.path = o.path;
    this.trainable = o.trainable;
    this.dtype = o.dtype;
    this.init = o.init;
    this.#ones = o.ones;
    this.#initialise = initialise;
  }

  bindTo(source: readonly StoredWeight[], recipe: Recipe | null): void {
    this.source = source;
    this.recipe = recipe;
    this.shape = recipe === null ? source[0]!.shape : runRecipe(recipe, source.map(noData)).shape;
  }

  async read(): Promise<Tensor> {
    if (this.#value !== null) return this.#value;
    const later = this.#later;
    if (later !== null) {
      const value = await later();
      if (this.#later === later) [this.#value, this.#later] = [value, null];
      return value;
    }
    if (this.source.length === 0) {
      if (this.shape === null || this.#initialise === null) {
        return fail("mismatch/missing-weights", { path: this.path, message: "there are no values for this weight" });
      }
      this.#initial ??= this.#made(this.#initialise, this.shape);
      return this.#initial;
    }
    const pieces = await Promise.all(
      this.source.map(async (stored): Promise<StoredPiece> => ({
        ...noData(stored),
        data: viewAs(numeric(stored), await stored.read()),
      })),
    );
    const { dtype, shape, data } = this.recipe === null ? pieces[0]! : runRecipe(this.recipe, pieces);
    return withDType({ dtype, shape, data: data! }, this.dtype);
  }

  /** The first values, drawn once; those that somebody sets meanwhile stay. */
  async #made(initialise: Initialise, shape: readonly number[]): Promise<Tensor> {
    const value = await initialise(this.init, shape, this.dtype);
    return (this.#value ??= withOnes(value, this.#ones));
  }

  /** Replaces the values; a function gives them, of the same shape and dtype, when they are first asked for. Throws `mismatch/shape` and `mismatch/dtype`. */
  set(value: Tensor | (() => Promise<Tensor>)): void {
    if (typeof value === "function") {
      [this.#value, this.#later, this.changed] = [null, value, ++changes];
      return;
    }
    const wanted = this.shape;
    if (wanted !== null && (wanted.length !== value.shape.length || wanted.some((n, i) => n !== value.shape[i]))) {
      fail("mismatch/shape", { path: this.path, expected: showShape(wanted), found: showShape(value.shape) });
    }
    if (value.dtype === "string" || value.data.length !== sizeOf(value.shape)) {
      fail("mismatch/dtype", { path: this.path, expected: this.dtype, found: value.dtype });
    }
    this.#value = withDType(value, this.dtype);
    this.#later = null;
    this.shape = value.shape;
    this.changed = ++changes;
  }
}
