/** Elements by place or by condition, and tensors made from nothing. Source: keras/src/ops/numpy.py, nn.py, core.py. */
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import type { AnyDef, Arg } from "../define.ts";
import { isSym } from "../common/args.ts";
import { bool, int, json, optional, required, text } from "../fields.ts";
import { fromStart, getItem } from "./shared/get-item.ts";
import {
  HANDS_ON,
  axisOf,
  dtypeOf,
  flat,
  inModule,
  operands,
  POINTWISE,
  sizesOf,
  tensor,
  typedNumbers,
} from "./shared/operation.ts";
import { wideIndex } from "./shared/places.ts";

const numpy = inModule("numpy");
const core = inModule("core");

const filled = (name: string, value: number): AnyDef =>
  numpy(name, ["x"], { dtype: optional(text()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.full(sizesOf(cx, x), value, dtypeOf(c.dtype, x.dtype));
  });

/** What lies above or below a diagonal of the last two axes becomes 0. */
const triangle = (name: string, lower: boolean): AnyDef =>
  numpy(name, ["x"], { k: int({ min: -0x7fffffff, default: 0 }) }, (cx, c, [given]) => {
    const { op } = cx;
    const x = tensor(cx, given);
    const row = op.expandDims(op.iota(cx.size(x, -2), "int32"), [1]);
    const column = op.expandDims(op.iota(cx.size(x, -1), "int32"), [0]);
    const reach = op.add(row, c.k);
    return op.where(lower ? op.lessEqual(column, reach) : op.greaterEqual(column, reach), x, op.constant(0, x.dtype));
  });

export const indexingOperations: readonly AnyDef[] = [
  numpy("GetItem", ["x", "key"], {}, (cx, _c, [x, key]) =>
    getItem(cx, tensor(cx, x), Array.isArray(key) ? (key as readonly Arg[]) : [key ?? null]),
  ),
  numpy("Take", ["x", "indices"], { axis: optional(int()) }, (cx, c, [given, indices]) => {
    const x = c.axis === null ? flat(cx, tensor(cx, given)) : tensor(cx, given);
    const axis = axisOf(x, c.axis ?? 0);
    const wanted = typeof indices === "number" ? cx.op.constant(indices, "int32") : tensor(cx, indices);
    return cx.op.gather(x, fromStart(cx, x, wanted, axis), axis);
  }),
  typedNumbers(
    numpy("Where", ["condition", "x1", "x2"], {}, (cx, _c, [condition, a, b]) => {
      if (a === null || b === null)
        return fail("unsupported/where", {
          message: "how many places there are depends on the values",
          expected: "both x1 and x2",
        });
      return cx.op.where(tensor(cx, condition), ...operands(cx, a, b, "weak"));
    }),
  ),
  inModule("nn")(
    "OneHot",
    ["x"],
    {
      num_classes: int({ min: 1 }),
      axis: int({ min: -32, default: -1 }),
      dtype: optional(text()),
      sparse: bool(false),
    },
    (cx, c, [given]) => {
      const { op } = cx;
      const x = tensor(cx, given);
      const axis = c.axis < 0 ? c.axis + x.shape.length + 1 : c.axis;
      const whole = wideIndex(x.dtype);
      const classes = op.reshape(
        op.iota(c.num_classes, whole),
        listOf(x.shape.length + 1, (i) => (i === axis ? c.num_classes : 1)),
      );
      return op.cast(op.equal(op.expandDims(op.cast(x, whole), [axis]), classes), dtypeOf(c.dtype, "float32"));
    },
  ),
  triangle("Tril", true),
  triangle("Triu", false),
  filled("ZerosLike", 0),
  filled("OnesLike", 1),
  numpy("FullLike", ["x", "fill_value"], { dtype: optional(text()) }, (cx, c, [given, value]) => {
    const x = tensor(cx, given);
    const [sizes, dtype] = [sizesOf(cx, x), dtypeOf(c.dtype, x.dtype)];
    if (isSym(value)) return cx.op.broadcastTo(cx.op.cast(value, dtype), sizes);
    if (typeof value !== "number") return fail("unsupported/argument", { path: "fill_value", expected: "a number" });
    return cx.op.full(sizes, value, dtype);
  }),
  core(
    "Cast",
    ["x"],
    { dtype: required(optional(text())) },
    (cx, c, [given]) => {
      const x = tensor(cx, given);
      return cx.op.cast(x, dtypeOf(c.dtype, x.dtype));
    },
    { ...POINTWISE, ...HANDS_ON },
  ),
  core(
    "ConvertToTensor",
    ["x"],
    { dtype: optional(text()), sparse: json(), ragged: json() },
    (cx, c, [given]) => {
      void [c.sparse, c.ragged]; // say nothing of what is dense
      const x = tensor(cx, given);
      return cx.op.cast(x, dtypeOf(c.dtype, x.dtype));
    },
    HANDS_ON,
  ),
  core("StopGradient", ["variable"], {}, (cx, _c, [x]) => cx.op.stopGradient(tensor(cx, x))),
];
