/**
 * Options of the recurrent layers and their cells, in the order in which Keras 3 writes them.
 * Source: `get_config` in keras/src/layers/rnn/{lstm,gru,simple_rnn}.py.
 */
import { activation, bool, constraint, float, initializer, int, optionalInt, regularizer } from "../../fields.ts";

const units = { units: int({ min: 1 }), activation: activation("tanh") };
const gates = { recurrent_activation: activation("sigmoid") };
const bias = { use_bias: bool(true) };
const forgetBias = { unit_forget_bias: bool(true) };
const activity = { activity_regularizer: regularizer() };
const seed = { seed: optionalInt({ keras3Only: true }) };

export const recurrentInitializers = {
  kernel_initializer: initializer("GlorotUniform"),
  recurrent_initializer: initializer("Orthogonal"),
  bias_initializer: initializer("Zeros"),
};
export const recurrentRegularizers = {
  kernel_regularizer: regularizer(),
  recurrent_regularizer: regularizer(),
  bias_regularizer: regularizer(),
};
export const recurrentConstraints = {
  kernel_constraint: constraint(),
  recurrent_constraint: constraint(),
  bias_constraint: constraint(),
  dropout: float(0),
  recurrent_dropout: float(0),
};

const head = { ...units, ...gates, ...bias };
const rest = { ...recurrentRegularizers, ...recurrentConstraints };
const restOfLayer = { ...recurrentRegularizers, ...activity, ...recurrentConstraints };

export const lstmCellOptions = { ...head, ...forgetBias, ...recurrentInitializers, ...rest, ...seed };
export const lstmOptions = { ...head, ...recurrentInitializers, ...forgetBias, ...restOfLayer, ...seed };

const resetAfter = { reset_after: bool(true) };
export const gruCellOptions = { ...head, ...recurrentInitializers, ...rest, ...resetAfter, ...seed };
export const gruOptions = { ...head, ...recurrentInitializers, ...restOfLayer, ...resetAfter, ...seed };

export const simpleRnnCellOptions = { ...units, ...bias, ...recurrentInitializers, ...rest, ...seed };
export const simpleRnnOptions = { ...units, ...bias, ...recurrentInitializers, ...restOfLayer };
