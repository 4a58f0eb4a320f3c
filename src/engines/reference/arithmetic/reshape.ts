/** The same elements under another shape. */
import type { Nd } from "../../../ops/types.ts";
import type { Computation } from "./types.ts";

const copy = ({ x }: { x: Nd }, _: unknown, { y }: { y: Nd }): void => void y.data.set(x.data);

export const reshape: Computation<"reshape"> = copy;

export const expandDims: Computation<"expandDims"> = copy;

export const squeeze: Computation<"squeeze"> = copy;
