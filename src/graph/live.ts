/** What a trace in training mode has beside the graph: random numbers, weights that layers set, penalties. */
import type { JsonNode } from "../codecs/json.ts";
import type { DType } from "../core/dtype.ts";
import type { Weight } from "../layers/define.ts";
import type { Size, Sym, ValueId, WeightRef } from "../ops/types.ts";
import type { GraphBuilder } from "./builder.ts";

/** A value whose penalty is added to the loss. */
export interface Penalised {
  readonly value: Sym;
  /** As files have it; null: the value is the penalty. */
  readonly regularizer: JsonNode;
  /** Whose samples it is divided by the number of. */
  readonly samples: Sym;
}

/** A trace in training mode. */
export class Live {
  /** Made when the model's own inputs are there: the last one. */
  #seed: Sym | null = null;
  readonly #builder: GraphBuilder;
  readonly #assigned = new Map<WeightRef, { readonly weight: Weight; readonly value: Sym }>();
  /** Scalars that are added to the loss, and values that a regulariser makes such scalars of. */
  readonly losses: Penalised[] = [];
  #streams = 0;

  constructor(builder: GraphBuilder) {
    this.#builder = builder;
  }

  /** Even in [0, 1), others at every call. */
  uniform(shape: readonly Size[], dtype: DType): Sym {
    return this.#builder.op.random(this.#seed!, shape, this.#streams++, dtype);
  }

  /** A weight's value from now on. */
  assign(weight: Weight, value: Sym): void {
    this.#assigned.set(weight, { weight, value });
  }

  /** The value that a layer has set. */
  valueOf(weight: Weight): Sym | undefined {
    return this.#assigned.get(weight)?.value;
  }

  /** Declares the seed of all draws: an integer that each run is given, the last input. */
  start(): void {
    this.#seed = this.#builder.input([], "int32");
  }

  result(masks: readonly (Sym | undefined)[]): LiveResult {
    return {
      seed: this.#seed!.id,
      assigned: [...this.#assigned.values()].map(({ weight, value }) => ({ weight, value: value.id })),
      losses: this.losses,
      masks: masks.map((mask) => mask?.id ?? null),
    };
  }
}

/** What a training trace gives beside the graph's outputs: values of the graph. */
export interface LiveResult {
  /** An input of the graph: its last. */
  readonly seed: ValueId;
  readonly assigned: readonly { readonly weight: Weight; readonly value: ValueId }[];
  readonly losses: readonly Penalised[];
  /** Masks of the outputs. */
  readonly masks: readonly (ValueId | null)[];
}
