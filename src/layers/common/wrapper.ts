/** What wrappers share: calling the layer inside. */
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { Arg, Context, KwArgs, LayerNode } from "../define.ts";

/** Calls the layer inside; where it cannot run, the wrapper cannot either. */
export function callInner(cx: Context, child: LayerNode, args: readonly Arg[], kw: KwArgs = {}): readonly Sym[] {
  const y = cx.call(child, args, kw);
  if (y.length === 0) fail("unsupported/inner-layer", { message: "the layer inside cannot run", found: child.name });
  return y;
}
