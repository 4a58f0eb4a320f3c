/** The family `rnn`: see `registry.ts`. */
export { bidirectional } from "../rnn/bidirectional.ts";
export { convLstmCell } from "../rnn/conv-lstm-cell.ts";
export { convLstm1d, convLstm2d, convLstm3d } from "../rnn/conv-lstm.ts";
export { gruCell } from "../rnn/gru-cell.ts";
export { gru } from "../rnn/gru.ts";
export { lstmCell } from "../rnn/lstm-cell.ts";
export { lstm } from "../rnn/lstm.ts";
export { rnn } from "../rnn/rnn.ts";
export { simpleRnnCell } from "../rnn/simple-rnn-cell.ts";
export { simpleRnn } from "../rnn/simple-rnn.ts";
export { stackedRnnCells } from "../rnn/stacked-rnn-cells.ts";
export { timeDistributed } from "../rnn/time-distributed.ts";
