/** What training adds to the context of a layer's forward. */
import type { Size, Sym } from "../ops/types.ts";

/** What a forward may do in training mode; when a model predicts nothing comes of `assign` and `addLoss`, when it is tested of `assign`. */
export interface TrainingContext {
  /** Whether there is a loss: in `fit` and `evaluate`. */
  readonly hasLoss: boolean;
  /** Even in [0, 1), of the compute dtype. Throws `unsupported/random` when a model predicts. */
  uniform(shape: readonly Size[]): Sym;
  /** Sets an own weight that is not trained: its value from this call on. */
  assign(weight: string, value: Sym): void;
  /** A scalar that is added to the loss, divided by the number of samples of x, if any; not made when a model predicts. */
  addLoss(value: () => Sym, x: Sym | null): void;
  /** Whether it counts how often the layer in an attribute is called: for moving statistics, for penalties. */
  countsCalls(attribute: string): boolean;
}
