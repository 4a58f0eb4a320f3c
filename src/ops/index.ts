/** Every operation by name. */
import { fail } from "../core/error.ts";
import { activation } from "./activation.ts";
import { gruCell, lstmCell, simpleRnnCell } from "./cells.ts";
import { conv } from "./conv.ts";
import { convLstmCell } from "./conv_lstm_cell.ts";
import { convTranspose } from "./conv_transpose.ts";
import { create } from "./create.ts";
import { elementwise } from "./elementwise.ts";
import { joins } from "./join.ts";
import { lookups } from "./lookup.ts";
import { matmul } from "./matmul.ts";
import { moves } from "./move.ts";
import { norms } from "./norm.ts";
import { pool } from "./pool.ts";
import { reductions } from "./reduce.ts";
import { reshapes } from "./reshape.ts";
import { resize } from "./resize.ts";
import { rnn } from "./rnn.ts";
import { scan } from "./scan.ts";
import { softmax } from "./softmax.ts";
import type { Op } from "./types.ts";

const ALL: readonly Op[] = [
  ...elementwise,
  ...create,
  ...reshapes,
  ...moves,
  ...joins,
  ...lookups,
  ...reductions,
  matmul,
  conv,
  convTranspose,
  pool,
  resize,
  softmax,
  activation,
  ...norms,
  lstmCell,
  gruCell,
  simpleRnnCell,
  convLstmCell,
  scan,
  rnn,
];

export const OPS: ReadonlyMap<string, Op> = new Map(ALL.map((op) => [op.name, op]));

export function getOp(name: string): Op {
  return OPS.get(name) ?? fail("unsupported/operation", { source: "graph", found: name });
}
