/** What wrappers share: calling the layer inside. */
import type { DType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { Arg, Context, KwArgs, LayerNode } from "../define.ts";

/** Calls the layer inside, see `Context.call`; where it cannot run, the wrapper cannot either. */
export function callInner(
  cx: Context,
  child: LayerNode,
  args: readonly Arg[],
  kw: KwArgs = {},
  dtype?: DType,
): readonly Sym[] {
  const y = cx.call(child, args, kw, dtype);
  if (y.length === 0) fail("unsupported/inner-layer", { message: "the layer inside cannot run", found: child.name });
  return y;
}
