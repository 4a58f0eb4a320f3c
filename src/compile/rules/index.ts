/** Which rule plans which operation: the first of a list that can. Every primitive has one that always can. */
import { fail } from "../../core/error.ts";
import type { Rule, Site } from "../kernels/types.ts";
import { convRule, convTransposeRule, poolRule } from "./conv.ts";
import { fastConvRule } from "./conv-fast.ts";
import { fullRule, iotaRule } from "./create.ts";
import { fastConvTransposeRule, groupedConvRule } from "./conv-parts.ts";
import { convRnnRule } from "./conv-recurrent.ts";
import { elementwiseRule } from "./elementwise.ts";
import { concatRule, padRule, repeatRule, tileRule } from "./join.ts";
import { cumsumRule, gatherRule, sortRule } from "./lookup.ts";
import { matmulRule } from "./matmul.ts";
import { broadcastRule, reverseRule, sliceRule, transposeRule } from "./move.ts";
import { argRule, reduceRule } from "./reduce.ts";
import { fastPoolRule } from "./pool-fast.ts";
import { cellRule, rnnRule } from "./recurrent.ts";
import { resizeRule } from "./resize.ts";

/** The same elements under another shape. */
const reshapeRule: Rule = (site) => {
  site.alias(0, 0, 0);
  return true;
};

const RULES: ReadonlyMap<string, readonly Rule[]> = new Map<string, readonly Rule[]>([
  ["elementwise", [elementwiseRule]],
  ["reshape", [reshapeRule]],
  ["expandDims", [reshapeRule]],
  ["squeeze", [reshapeRule]],
  ["full", [fullRule]],
  ["iota", [iotaRule]],
  ["transpose", [transposeRule]],
  ["broadcastTo", [broadcastRule]],
  ["slice", [sliceRule]],
  ["reverse", [reverseRule]],
  ["concat", [concatRule]],
  ["pad", [padRule]],
  ["repeat", [repeatRule]],
  ["tile", [tileRule]],
  ["gather", [gatherRule]],
  ["cumsum", [cumsumRule]],
  ["sort", [sortRule]],
  ["matmul", [matmulRule]],
  ["conv", [fastConvRule, groupedConvRule, convRule]],
  ["convTranspose", [fastConvTransposeRule, convTransposeRule]],
  ["pool", [fastPoolRule, poolRule]],
  ["resize", [resizeRule]],
  ["rnn", [convRnnRule, rnnRule]],
  ...["lstmCell", "gruCell", "simpleRnnCell"].map((op) => [op, [cellRule]] as const),
  ...["sum", "mean", "prod", "max", "min", "any", "all"].map((op) => [op, [reduceRule]] as const),
  ...["argmax", "argmin"].map((op) => [op, [argRule]] as const),
]);

/** Plans the node of a site by the first rule that can. Throws `unsupported/operation`. */
export function planSite(site: Site): void {
  const rules = RULES.get(site.op) ?? [];
  if (!rules.some((rule) => rule(site))) fail("unsupported/operation", { source: "wasm", found: site.op });
}
