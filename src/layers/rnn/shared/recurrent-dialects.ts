/**
 * How older Keras wrote recurrent layers. Source: keras 2.2.4 keras/legacy/interfaces.py (Keras 1 names),
 * keras 1.2.2 keras/layers/recurrent.py (defaults), tf_keras/layers/rnn/cudnn_lstm.py.
 */
import type { JsonObject } from "../../../codecs/json.ts";
import type { DialectDef, DialectInfo, LayerNode, WrittenFile } from "../../define.ts";

/** CuDNN layers have fixed activations and no dropout. */
function cudnn(config: JsonObject, info: DialectInfo): void {
  if (!info.className.startsWith("CuDNN")) return;
  config.set("activation", "tanh");
  config.set("recurrent_activation", "sigmoid");
  if (info.className === "CuDNNGRU") config.set("reset_after", true);
}

/** tf-keras does not know them again in `.keras`. */
export const isCudnnInTree = ({ class: name }: LayerNode, { format }: WrittenFile): boolean =>
  format === "keras-v3" && name.startsWith("CuDNN");

/** Of Keras 2: what options that are not written meant, and CuDNN layers. */
export const keras2Recurrent: DialectDef = {
  defaults: { recurrent_activation: "hard_sigmoid", reset_after: false },
  ignore: ["implementation"],
  upgrade: cudnn,
};

/** Of Keras 1: other names, and what options that are not written meant. */
export const keras1Recurrent: DialectDef = {
  rename: {
    output_dim: "units",
    init: "kernel_initializer",
    inner_init: "recurrent_initializer",
    inner_activation: "recurrent_activation",
    W_regularizer: "kernel_regularizer",
    U_regularizer: "recurrent_regularizer",
    b_regularizer: "bias_regularizer",
    dropout_W: "dropout",
    dropout_U: "recurrent_dropout",
  },
  defaults: { recurrent_activation: "hard_sigmoid", reset_after: false },
  ignore: ["consume_less", "forget_bias_init", "input_dim", "input_length"],
};
