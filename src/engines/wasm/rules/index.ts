/** Which rules plan which operation, asked in order: the last of a list always can. */
import type { ChainSite, KernelName, LastRule, Rule } from "../kernels/types.ts";
import { convRule, convTransposeRule, noChannelsRule, poolRule } from "./conv.ts";
import { fastConvRule } from "./conv-fast.ts";
import { fastConvTransposeRule, groupedConvRule } from "./conv-parts.ts";
import { convRnnRule } from "./conv-recurrent.ts";
import { fullRule, iotaRule, randomRule } from "./create.ts";
import { elementwiseRule } from "./elementwise.ts";
import { concatRule, padRule, repeatRule, tileRule } from "./join.ts";
import { cumsumRule, gatherRule, scatterAddRule, sortRule } from "./lookup.ts";
import { matmulRule } from "./matmul.ts";
import { broadcastRule, reshapeRule, reverseRule, sliceRule, transposeRule } from "./move.ts";
import { fastPoolRule } from "./pool-fast.ts";
import { cellRule, lstmCellRule, rnnRule } from "./recurrent.ts";
import { argRule, reduceRule } from "./reduce.ts";
import { resizeRule } from "./resize.ts";
import type { TakenName } from "./takes.ts";

type Rules = { readonly [N in KernelName | TakenName]: readonly [...Rule<N>[], LastRule<N>] };

const RULES: Rules = {
  reshape: [reshapeRule],
  expandDims: [reshapeRule],
  squeeze: [reshapeRule],
  full: [fullRule],
  iota: [iotaRule],
  random: [randomRule],
  transpose: [transposeRule],
  broadcastTo: [broadcastRule],
  slice: [sliceRule],
  reverse: [reverseRule],
  concat: [concatRule],
  pad: [padRule],
  repeat: [repeatRule],
  tile: [tileRule],
  gather: [gatherRule],
  scatterAdd: [scatterAddRule],
  cumsum: [cumsumRule],
  sort: [sortRule],
  sum: [reduceRule],
  mean: [reduceRule],
  prod: [reduceRule],
  max: [reduceRule],
  min: [reduceRule],
  any: [reduceRule],
  all: [reduceRule],
  argmax: [argRule],
  argmin: [argRule],
  matmul: [matmulRule],
  conv: [noChannelsRule, fastConvRule, groupedConvRule, convRule],
  convTranspose: [noChannelsRule, fastConvTransposeRule, convTransposeRule],
  pool: [fastPoolRule, poolRule],
  resize: [resizeRule],
  lstmCell: [lstmCellRule],
  gruCell: [cellRule],
  simpleRnnCell: [cellRule],
  rnn: [convRnnRule, rnnRule],
};

/** Plans a node by the first of its rules that can. */
export function planSite(site: unknown, op: string): void {
  if (op === "elementwise") {
    elementwiseRule(site as ChainSite);
    return;
  }
  const rules = RULES[op as KernelName | TakenName] as readonly ((site: unknown) => boolean | undefined)[];
  rules.some((rule) => rule(site) !== false);
}
