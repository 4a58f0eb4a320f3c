/** Options of LSTM and LSTMCell. */
import { activation, bool, constraint, float, initializer, int, optionalInt, regularizer } from "../fields.ts";

export const lstmOptions = {
  units: int({ min: 1 }),
  activation: activation("tanh"),
  recurrent_activation: activation("sigmoid"),
  use_bias: bool(true),
  kernel_initializer: initializer("GlorotUniform"),
  recurrent_initializer: initializer("Orthogonal"),
  bias_initializer: initializer("Zeros"),
  unit_forget_bias: bool(true),
  kernel_regularizer: regularizer(),
  recurrent_regularizer: regularizer(),
  bias_regularizer: regularizer(),
  kernel_constraint: constraint(),
  recurrent_constraint: constraint(),
  bias_constraint: constraint(),
  dropout: float(0),
  recurrent_dropout: float(0),
  seed: optionalInt({ keras3Only: true }),
};
