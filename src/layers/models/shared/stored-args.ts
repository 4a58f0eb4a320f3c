/** Arguments that a file holds, as layers take them. */
import { fail } from "../../../core/error.ts";
import type { Arg, CallArg } from "../../define.ts";
import type { Ops } from "../../../ops/builder.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Ref } from "./call-order.ts";

/** An argument of a stored call; `value` gives the tensor that a reference names. */
export function storedArg(arg: CallArg, op: Ops, value: (ref: Ref) => Sym): Arg {
  const inner = (item: CallArg): Arg => storedArg(item, op, value);
  switch (arg.kind) {
    case "ref":
      return value(arg);
    case "json":
      if (typeof arg.value === "number" && !arg.float && !Number.isSafeInteger(arg.value))
        return fail("unsupported/argument", { expected: "whole numbers of less than 2^53", found: String(arg.value) });
      return arg.float ? { float: arg.value } : arg.value;
    case "constant":
      return { ...op.array(arg.values, arg.shape, arg.dtype), listed: arg.values };
    case "list":
      return arg.items.map(inner);
    case "record":
      return Object.fromEntries(arg.entries.map(([key, item]) => [key, inner(item)]));
    case "slice":
      return { slice: [inner(arg.start), inner(arg.stop), inner(arg.step)] };
    case "ellipsis":
      return { ellipsis: true };
  }
}
