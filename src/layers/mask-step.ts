/** An operation of Keras 3 (`keras.ops.numpy`) on what the one before gives, and on a number. */
export interface MaskStep {
  readonly op: string;
  readonly operand?: number;
  readonly options?: Readonly<Record<string, number | boolean>>;
}
