/** The registry: every class that keraport knows, one line each. */
import type { AnyDef } from "./define.ts";
import { dense } from "./core/dense.ts";
import { inputLayer } from "./core/input-layer.ts";
import { functional } from "./models/functional.ts";
import { sequential } from "./models/sequential.ts";
import { lstm } from "./rnn/lstm.ts";
import { lstmCell } from "./rnn/lstm-cell.ts";

/** In the order of Keras's documentation. */
export const LAYERS: readonly AnyDef[] = [
  // Models
  sequential,
  functional,
  // Core
  inputLayer,
  dense,
  // Recurrent
  lstm,
  lstmCell,
] as unknown as readonly AnyDef[];
