/** Of the family `rnn` what convolves: see `registry.ts`. */
export { convLstmCell } from "../rnn/conv-lstm-cell.ts";
export { convLstm1d, convLstm2d, convLstm3d } from "../rnn/conv-lstm.ts";
