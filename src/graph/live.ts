/** What a trace in training and in tests has beside the graph: penalties, masks, and in training random numbers and weights that layers set. */
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
  /** Whose samples it is divided by the number of, if any. */
  readonly samples: Sym | null;
}

/** What a model is called for, as by `predict`, `evaluate` or `fit`; `told`: for nothing but the shapes that its generation tells beforehand. */
export type Mode = "predict" | "test" | "train" | "told";

/** A trace whose outputs are compared. */
export class Live {
  /** In training, made when the model's own inputs are there: the last one. */
  #seed: Sym | null = null;
  readonly #builder: GraphBuilder;
  readonly #isTraining: boolean;
  readonly #assigned = new Map<WeightRef, { readonly weight: Weight; readonly value: Sym }>();
  /** Scalars that are added to the loss, and values that a regulariser makes such scalars of. */
  readonly losses: Penalised[] = [];
  #streams = 0;

  constructor(builder: GraphBuilder, isTraining: boolean) {
    this.#builder = builder;
    this.#isTraining = isTraining;
  }

  /** Even in [0, 1), others at every call; null in tests. */
  uniform(shape: readonly Size[], dtype: DType): Sym | null {
    return this.#seed && this.#builder.op.random(this.#seed, shape, this.#streams++, dtype);
  }

  /** A weight's value from now on. */
  assign(weight: Weight, value: Sym): void {
    if (this.#isTraining) this.#assigned.set(weight, { weight, value });
  }

  /** The value that a layer has set. */
  valueOf(weight: Weight): Sym | undefined {
    return this.#assigned.get(weight)?.value;
  }

  /** Declares the seed of all draws: an integer that each run is given, the last input. */
  start(): void {
    if (this.#isTraining) this.#seed = this.#builder.input([], "int32");
  }

  result(masks: readonly (Sym | undefined)[]): LiveResult {
    return {
      seed: this.#seed && this.#seed.id,
      assigned: [...this.#assigned.values()].map(({ weight, value }) => ({ weight, value: value.id })),
      losses: this.losses,
      masks: masks.map((mask) => mask?.id ?? null),
    };
  }
}

/** What such a trace gives beside the graph's outputs: values of the graph. */
export interface LiveResult {
  /** An input of the graph, its last; null in tests. */
  readonly seed: ValueId | null;
  readonly assigned: readonly { readonly weight: Weight; readonly value: ValueId }[];
  readonly losses: readonly Penalised[];
  /** Masks of the outputs. */
  readonly masks: readonly (ValueId | null)[];
}
