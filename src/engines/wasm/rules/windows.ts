/** Convolutions and pooling: which rules plan them, asked in order. Loaded when a graph has some (`later.ts`). */
import type { LastRule, Rule } from "../kernels/types.ts";
import { convRule, convTransposeRule, noChannelsRule, poolRule } from "./conv.ts";
import { fastConvRule } from "./conv-fast.ts";
import { fastConvTransposeRule, groupedConvRule } from "./conv-parts.ts";
import { fastPoolRule } from "./pool-fast.ts";

export { isFastConv } from "./conv-fast.ts";

type Rules = { readonly [N in "conv" | "convTranspose" | "pool"]: readonly [...Rule<N>[], LastRule<N>] };

export const RULES: Rules = {
  conv: [noChannelsRule, fastConvRule, groupedConvRule, convRule],
  convTranspose: [noChannelsRule, fastConvTransposeRule, convTransposeRule],
  pool: [fastPoolRule, poolRule],
};
