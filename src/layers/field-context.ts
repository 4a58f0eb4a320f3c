/** Where an option is read. */
import type { Semantics } from "../core/semantics.ts";

export interface FieldContext {
  /** For messages: `lstm.units`. */
  readonly path: string;
  readonly semantics: Semantics;
}
