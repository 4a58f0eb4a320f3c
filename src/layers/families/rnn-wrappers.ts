/** Of the family `rnn` what wraps layers: see `registry.ts`. */
export { bidirectional } from "../rnn/bidirectional.ts";
export { timeDistributed } from "../rnn/time-distributed.ts";
export { wrappedCells } from "../rnn/wrapped-cells.ts";
