/** The variables of an optimizer as files hold them: read, and told to be written. */
import { allocate, type NumericArray, viewAs } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { StoredWeight } from "../core/stored.ts";
import { OPTIMIZER_WEIGHTS } from "../formats/flat.ts";
import { sizeOf, type Tensor } from "../core/tensor.ts";
import { withDType } from "../core/cast.ts";
import type { Optimizer, StoredVariable, Variable } from "./types.ts";

/** A variable and its value, float32 or an integer. */
export interface OptimizerValue {
  readonly variable: StoredVariable;
  readonly value: Tensor;
}

/** What a file holds of an optimizer, and who wrote it. */
export interface OptimizerFile {
  readonly arrays: readonly StoredWeight[];
  /** Whether it keeps the learning rate beside the number of steps, and what is only there to fill a place, as Keras 3. */
  readonly keepsRate: boolean;
}

/** Optimizers of tf.keras before 2.11 and of Keras 1 and 2 keep their arrays in another order; these begin the newer ones. */
const FIRST: ReadonlySet<string> = new Set(["0", "iteration:0"]);

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);

/**
 * Values from a file; none where it was never trained. Throws `unsupported/training` where the arrays are not those of the
 * optimizer for these weights, or an older Keras's.
 */
export async function readState(
  optimizer: Optimizer,
  variables: readonly Variable[],
  { arrays: given, keepsRate }: OptimizerFile,
): Promise<readonly OptimizerValue[]> {
  // An optimizer inside another has its variables among those of the outer one, and once more.
  const arrays = given.filter(({ group }) => group === given[0]!.group);
  const isStored = ({ of, dtype }: StoredVariable): boolean =>
    keepsRate || !(of.kind === "learningRate" || (of.kind === "value" && dtype === "int32"));
  const all = optimizer.stored(variables).filter(isStored);
  // What is there before the first step, of an optimizer inside another too.
  const first = all.filter(({ name }) => /(^|\/)(iteration|learning_rate)$/.test(name));
  const head = first.length;
  const isNew = arrays.length <= head && all.length > head;
  const wanted = isNew ? first.slice(0, arrays.length) : all;
  // tf-keras's SGD keeps momenta without using them.
  if (!keepsRate && all.length === head) arrays.splice(head);
  const fits =
    arrays.length === wanted.length &&
    arrays.every(({ shape }, i) => same(shape, wanted[i]!.shape)) &&
    (keepsRate || arrays.length === 0 || FIRST.has(arrays[0]!.name));
  if (!fits)
    fail("unsupported/training", {
      path: "optimizer",
      message: "the optimizer's state in the file is not that of these weights in today's order: compile to start anew",
      expected: `${all.length} arrays of ${optimizer.class}`,
      found: String(arrays.length),
    });
  return Promise.all(
    wanted.map(async (variable, i) => {
      const stored = arrays[i]!;
      const { dtype, shape } = stored;
      if (dtype === "string") return fail("unsupported/dtype", { path: stored.key, expected: "numbers", found: dtype });
      const data = viewAs(dtype, await stored.read());
      return {
        variable,
        value: withDType({ dtype, shape, data } as Tensor, variable.of.kind === "iteration" ? "float64" : "float32"),
      };
    }),
  );
}

/** A variable whose value is read when it is asked for. */
export interface OptimizerVariable {
  readonly variable: StoredVariable;
  read(): Promise<Tensor>;
}

/** As an array of `optimizer_weights`, which every format can write. */
export function storedState({ variable, read }: OptimizerVariable): StoredWeight {
  const { name, dtype, shape } = variable;
  const bytes = async (): Promise<Uint8Array> => {
    const { buffer, byteOffset, byteLength } = withDType(await read(), dtype).data as NumericArray;
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  return {
    key: `${OPTIMIZER_WEIGHTS}/${name}`,
    group: OPTIMIZER_WEIGHTS,
    name,
    dtype,
    shape,
    byteLength: allocate(dtype, 0).BYTES_PER_ELEMENT * sizeOf(shape),
    read: bytes,
    async *slices() {
      yield await bytes();
    },
  };
}
