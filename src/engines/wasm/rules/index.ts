/** Which rules plan which operation, asked in order: the last of a list always can. */
import type { AttentionSite, ChainSite, KernelName, LastRule, Rule } from "../kernels/types.ts";
import type { ScalarLoop } from "../kernels/elementwise.ts";
import { fullRule, iotaRule } from "./create.ts";
import { elementwiseRule } from "./elementwise.ts";
import { loaded } from "./later.ts";
import { matmulRule } from "./matmul.ts";
import { broadcastRule, reshapeRule, reverseRule, sliceRule, transposeRule } from "./move.ts";
import { isConvolved, type TakenName } from "./takes.ts";

type Rules = { readonly [N in KernelName | TakenName]: readonly [...Rule<N>[], LastRule<N>] };

/** Plans a node by the first of some rules that can. */
function byFirst<S>(rules: readonly ((site: S) => boolean | undefined)[], site: S): undefined {
  rules.some((rule) => rule(site) !== false);
}

const RULES: Rules = {
  reshape: [reshapeRule],
  expandDims: [reshapeRule],
  squeeze: [reshapeRule],
  full: [fullRule],
  iota: [iotaRule],
  random: [(site) => loaded("random").randomRule(site)],
  transpose: [transposeRule],
  broadcastTo: [broadcastRule],
  slice: [sliceRule],
  reverse: [reverseRule],
  concat: [(site) => loaded("join").concatRule(site)],
  pad: [(site) => loaded("join").padRule(site)],
  repeat: [(site) => loaded("join").repeatRule(site)],
  tile: [(site) => loaded("join").tileRule(site)],
  gather: [(site) => loaded("lookup").gatherRule(site)],
  scatterAdd: [(site) => loaded("lookup").scatterAddRule(site)],
  cumsum: [(site) => loaded("lookup").cumsumRule(site)],
  sort: [(site) => loaded("lookup").sortRule(site)],
  sum: [(site) => loaded("reduce").reduceRule(site)],
  mean: [(site) => loaded("reduce").reduceRule(site)],
  prod: [(site) => loaded("reduce").reduceRule(site)],
  max: [(site) => loaded("reduce").reduceRule(site)],
  min: [(site) => loaded("reduce").reduceRule(site)],
  any: [(site) => loaded("reduce").reduceRule(site)],
  all: [(site) => loaded("reduce").reduceRule(site)],
  argmax: [(site) => loaded("reduce").argRule(site)],
  argmin: [(site) => loaded("reduce").argRule(site)],
  matmul: [matmulRule],
  conv: [(site) => byFirst(loaded("windows").RULES.conv, site)],
  convTranspose: [(site) => byFirst(loaded("windows").RULES.convTranspose, site)],
  pool: [(site) => byFirst(loaded("windows").RULES.pool, site)],
  resize: [(site) => loaded("resize").resizeRule(site)],
  softmax: [(site) => loaded("attention").softmaxRule(site)],
  lstmCell: [(site) => loaded("recurrent").lstmCellRule(site)],
  gruCell: [(site) => loaded("recurrent").cellRule(site)],
  simpleRnnCell: [(site) => loaded("recurrent").cellRule(site)],
  rnn: [
    (site) => isConvolved(site.body!) && loaded("convRecurrent").convRnnRule(site),
    (site) => loaded("recurrent").rnnRule(site),
  ],
};

/** The loop of chains number by number. */
const scalars = (): ScalarLoop => loaded("scalars").scalarLoop;

/** Plans a node by the first of its rules that can. */
export function planSite(site: unknown, op: string): void {
  if (op === "elementwise") elementwiseRule(site as ChainSite, scalars);
  else if (op === "attention") loaded("attention").attentionRule(site as AttentionSite, scalars);
  else byFirst(RULES[op as KernelName | TakenName] as readonly ((site: unknown) => boolean | undefined)[], site);
}
