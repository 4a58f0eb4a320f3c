/**
 * Options of the recurrent layers and their cells, in the order in which Keras 3 writes them.
 * Source: `get_config` in keras/src/layers/rnn/{lstm,gru,simple_rnn}.py.
 */
import { activation, bool, float, int, keras3Only, optional, regularizer } from "../../fields.ts";
import { constraints, initializers, regularizers } from "../../common/weight-options.ts";

const units = { units: int({ min: 1 }), activation: activation("tanh") };
const gates = { recurrent_activation: activation("sigmoid") };
const bias = { use_bias: bool(true) };
const forgetBias = { unit_forget_bias: bool(true) };
const activity = { activity_regularizer: regularizer() };
const seed = { seed: keras3Only(optional(int())) };

/** Of the kernel of x, the kernel of the state, and the bias. */
export const recurrentInitializers = initializers({ kernel: "GlorotUniform", recurrent: "Orthogonal", bias: "Zeros" });
/** Of the same three weights. */
export const recurrentRegularizers = regularizers("kernel", "recurrent", "bias");
/** Of the same three weights; and the rates of dropout, which count in training only. */
export const recurrentConstraints = {
  ...constraints("kernel", "recurrent", "bias"),
  dropout: float(0),
  recurrent_dropout: float(0),
};

const head = { ...units, ...gates, ...bias };
const rest = { ...recurrentRegularizers, ...recurrentConstraints };
const restOfLayer = { ...recurrentRegularizers, ...activity, ...recurrentConstraints };

/** LSTMCell's. */
export const lstmCellOptions = { ...head, ...forgetBias, ...recurrentInitializers, ...rest, ...seed };
/** LSTM's, without those of every loop (`recurrentFields`). */
export const lstmOptions = { ...head, ...recurrentInitializers, ...forgetBias, ...restOfLayer, ...seed };

const resetAfter = { reset_after: bool(true) };
/** GRUCell's. */
export const gruCellOptions = { ...head, ...recurrentInitializers, ...rest, ...resetAfter, ...seed };
/** GRU's, without those of every loop. */
export const gruOptions = { ...head, ...recurrentInitializers, ...restOfLayer, ...resetAfter, ...seed };

/** SimpleRNNCell's. */
export const simpleRnnCellOptions = { ...units, ...bias, ...recurrentInitializers, ...rest, ...seed };
/** SimpleRNN's, without those of every loop. */
export const simpleRnnOptions = { ...units, ...bias, ...recurrentInitializers, ...restOfLayer };
