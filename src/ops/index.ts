/** Every operation's rule by name. */
import { activation } from "./activation.ts";
import { gruCell, lstmCell, simpleRnnCell } from "./cells.ts";
import { conv } from "./conv.ts";
import { convLstmCell } from "./conv-lstm-cell.ts";
import { convTranspose } from "./conv-transpose.ts";
import { bitcast, cast, full, iota, where } from "./create.ts";
import type { AnyRule, CompositeRule, HostRule, LoopRule, PrimitiveRule } from "./define.ts";
import { elementwise } from "./elementwise.ts";
import { concat, pad, repeat, tile } from "./join.ts";
import { late } from "./late.ts";
import { argsort, cumsum, gather, scatterAdd, sort } from "./lookup.ts";
import { matmul } from "./matmul.ts";
import { broadcastTo, reverse, slice, transpose } from "./move.ts";
import { batchNorm, layerNorm } from "./norm.ts";
import { pool } from "./pool.ts";
import { random } from "./random.ts";
import { reductions } from "./reduce.ts";
import { expandDims, reshape, squeeze } from "./reshape.ts";
import { resize } from "./resize.ts";
import { rnn } from "./rnn.ts";
import { scan } from "./scan.ts";
import { type CompositeName, type OpName, type PrimitiveName, SIGNATURES } from "./signatures.ts";
import { softmax } from "./softmax.ts";
import { stopGradient } from "./stop-gradient.ts";
import { text } from "./text.ts";

type Rules = { readonly [N in PrimitiveName]: PrimitiveRule<N> } & {
  readonly [N in CompositeName]: CompositeRule<N>;
} & { readonly scan: LoopRule; readonly text: HostRule };

const RULES: Rules = {
  ...elementwise, ...reductions,
  full, iota, random, cast, bitcast, where,
  reshape, expandDims, squeeze,
  transpose, broadcastTo, slice, reverse,
  concat, pad, repeat, tile,
  gather, scatterAdd, cumsum, sort, argsort,
  matmul, conv, convTranspose, pool, resize,
  softmax, activation, batchNorm, layerNorm,
  lstmCell, gruCell, simpleRnnCell, convLstmCell,
  late, stopGradient, rnn, scan, text,
}; // prettier-ignore

const known = new Map(
  // The tracer is the only maker of operands and attributes, and typed: here their types may be forgotten.
  Object.entries(RULES).map(([name, rule]) => [name, { kind: SIGNATURES[name as OpName].kind, ...rule } as AnyRule]),
);

/** The rule of an operation. */
export function ruleOf(name: OpName): AnyRule {
  return known.get(name)!;
}
