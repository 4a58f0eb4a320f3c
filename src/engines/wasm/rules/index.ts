/** Which rules plan which operation, asked in order: the last of a list always can. */
import { isHalf } from "../../../core/dtype.ts";
import type { OpName } from "../../../ops/signatures.ts";
import type { Graph, GraphNode } from "../../../ops/types.ts";
import type { AttentionSite, ChainSite, KernelName, LastRule, Rule, SiteOf } from "../kernels/types.ts";
import type { ScalarLoop } from "../kernels/elementwise.ts";
import { fullRule, iotaRule } from "./create.ts";
import { elementwiseRule } from "./elementwise.ts";
import { checkLoaded, type RuleKind, loaded, type Loaded } from "./later.ts";
import { matmulRule } from "./matmul.ts";
import { broadcastRule, reshapeRule, reverseRule, sliceRule, transposeRule } from "./move.ts";
import { isConvolved, type TakenName } from "./takes.ts";

type Last<N extends OpName> = LastRule<N> & { readonly kind?: RuleKind };
type Rules = { readonly [N in KernelName | TakenName]: readonly [...Rule<N>[], Last<N>] };

/** A rule of a kind that is loaded when a graph has some. */
function later<K extends RuleKind, N extends OpName>(kind: K, rule: (rules: Loaded<K>) => LastRule<N>): Last<N> {
  return Object.assign((site: SiteOf<N>): undefined => rule(loaded(kind))(site), { kind });
}

/** Plans a node by the first of some rules that can. */
function byFirst<S>(rules: readonly ((site: S) => boolean | undefined)[], site: S): undefined {
  rules.some((rule) => rule(site) !== false);
}

const RULES: Rules = {
  bitcast: [reshapeRule],
  reshape: [reshapeRule],
  expandDims: [reshapeRule],
  squeeze: [reshapeRule],
  full: [fullRule],
  iota: [iotaRule],
  random: [later("random", (of) => of.randomRule)],
  transpose: [transposeRule],
  broadcastTo: [broadcastRule],
  slice: [sliceRule],
  reverse: [reverseRule],
  concat: [later("join", (of) => of.concatRule)],
  pad: [later("join", (of) => of.padRule)],
  repeat: [later("join", (of) => of.repeatRule)],
  tile: [later("join", (of) => of.tileRule)],
  gather: [later("lookup", (of) => of.gatherRule)],
  scatterAdd: [later("lookup", (of) => of.scatterAddRule)],
  argsort: [later("lookup", (of) => of.argsortRule)],
  cumsum: [later("lookup", (of) => of.cumsumRule)],
  sort: [later("lookup", (of) => of.sortRule)],
  sum: [later("reduce", (of) => of.reduceRule)],
  mean: [later("reduce", (of) => of.reduceRule)],
  prod: [later("reduce", (of) => of.reduceRule)],
  max: [later("reduce", (of) => of.reduceRule)],
  min: [later("reduce", (of) => of.reduceRule)],
  any: [later("reduce", (of) => of.reduceRule)],
  all: [later("reduce", (of) => of.reduceRule)],
  argmax: [later("reduce", (of) => of.argRule)],
  argmin: [later("reduce", (of) => of.argRule)],
  matmul: [matmulRule],
  conv: [later("windows", (of) => (site) => byFirst(of.RULES.conv, site))],
  convTranspose: [later("windows", (of) => (site) => byFirst(of.RULES.convTranspose, site))],
  pool: [later("windows", (of) => (site) => byFirst(of.RULES.pool, site))],
  resize: [later("resize", (of) => of.resizeRule)],
  softmax: [later("attention", (of) => of.softmaxRule)],
  lstmCell: [later("recurrent", (of) => of.lstmCellRule)],
  gruCell: [later("recurrent", (of) => of.cellRule)],
  simpleRnnCell: [later<"recurrent", "simpleRnnCell">("recurrent", (of) => of.cellRule)],
  rnn: [
    (site) => isConvolved(site.body!) && loaded("convRecurrent").convRnnRule(site),
    later("recurrent", (of) => of.rnnRule),
  ],
};

/** Activations that are spelt out in operations with rules of a kind. */
const MADE_OF: { readonly [fn: string]: RuleKind | undefined } = { softmax: "attention", log_softmax: "reduce" };

function kindOf({ op, body, attrs }: GraphNode): RuleKind | undefined {
  if (op === "scan") return "loops";
  if (op === "rnn" && isConvolved(body!)) return "convRecurrent";
  if (op === "activation") return MADE_OF[attrs["fn"] as string];
  if (op === "layerNorm") return "reduce";
  return (RULES as { readonly [op: string]: readonly { readonly kind?: RuleKind }[] })[op]?.at(-1)?.kind;
}

/** What has to be rounded to halves between operations. */
export const hasHalves = ({ values }: Graph): boolean => [...values.values()].some(({ dtype }) => isHalf(dtype));

function* kindsOf({ nodes }: Graph): Generator<RuleKind> {
  for (const node of nodes) {
    const kind = kindOf(node);
    if (kind !== undefined) yield kind;
    if (node.body !== undefined) yield* kindsOf(node.body);
  }
}

/** Asks for the rules of all operations at once, since a plan that has missed one starts anew. */
export const checkRules = (graph: Graph): void =>
  checkLoaded([...kindsOf(graph), ...(hasHalves(graph) ? (["halves"] as const) : [])]);

/** The loop of chains number by number. */
const scalars = (): ScalarLoop => loaded("scalars").scalarLoop;

/** Plans a node by the first of its rules that can. */
export function planSite(site: unknown, op: string): void {
  if (op === "elementwise") elementwiseRule(site as ChainSite, scalars);
  else if (op === "attention") loaded("attention").attentionRule(site as AttentionSite, scalars);
  else byFirst(RULES[op as KernelName | TakenName] as readonly ((site: unknown) => boolean | undefined)[], site);
}
