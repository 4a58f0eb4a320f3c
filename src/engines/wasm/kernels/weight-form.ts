/** Sizes of packed weights and of what meets them, in whichever form; undefined: float32. The forms are loaded when one is asked for. */
import type { Form } from "./types.ts";

/** Steps of a panel of so many rows. */
export const stepsOf = (form: Form | undefined, depth: number): number => form?.steps(depth) ?? depth;
/** Bytes of four columns of a step. */
export const vectorBytes = (form: Form | undefined): number => (form === undefined ? 16 : 8);
/** Bytes of a step of a panel. */
export const stepBytes = (form: Form | undefined, width: number): number => (width * vectorBytes(form)) / 4;
/** Bytes of a panel, and where its steps start. */
export const headBytes = (form: Form | undefined, width: number): number => (form === undefined ? 0 : 4 * width);
export const panelBytes = (form: Form | undefined, depth: number, width: number): number =>
  headBytes(form, width) + stepsOf(form, depth) * stepBytes(form, width);
/** Bytes of a row of an input of so many numbers. */
export const inputBytes = (form: Form | undefined, depth: number): number =>
  (form?.inputHead ?? 0) + 4 * stepsOf(form, depth);
