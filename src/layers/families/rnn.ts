/** The family `rnn`: see `registry.ts`. */
export { gruCell } from "../rnn/gru-cell.ts";
export { gru } from "../rnn/gru.ts";
export { lstmCell } from "../rnn/lstm-cell.ts";
export { lstm } from "../rnn/lstm.ts";
export { rnn } from "../rnn/rnn.ts";
export { simpleRnnCell } from "../rnn/simple-rnn-cell.ts";
export { simpleRnn } from "../rnn/simple-rnn.ts";
export { stackedRnnCells } from "../rnn/stacked-rnn-cells.ts";
