/** Images alone or in a batch, channels last or first. */
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import type { DataFormat } from "../../common/spatial.ts";

/** f of x with the channels last. */
export function channelsLast(cx: Context, x: Sym, format: DataFormat, f: (x: Sym) => Sym): Sym {
  if (format === "channels_last") return f(x);
  const rank = x.shape.length;
  const lead = rank === 3 ? [] : [0];
  const first = lead.length;
  const spatial = [first + 1, first + 2];
  const y = f(cx.op.transpose(x, [...lead, ...spatial, first]));
  const rest = y.shape.map((_, i) => i).slice(rank);
  return cx.op.transpose(y, [...lead, rank - 1, ...lead.map(() => 1), first === 0 ? 0 : 2, ...(first === 0 ? [1] : []), ...rest]); // prettier-ignore
}

/** One image as a batch of one, there and back. */
export function batched(cx: Context, x: Sym, f: (x: Sym) => Sym): Sym {
  return x.shape.length === 4 ? f(x) : cx.op.squeeze(f(cx.op.expandDims(x, [0])), [0]);
}
