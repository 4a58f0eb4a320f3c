/** Random layers do nothing when a model predicts. Files of tf-keras may ask for them all the same (`training=True`). */
import { fail } from "../../core/error.ts";
import type { Context } from "../define.ts";

/** Refuses a call that would draw random numbers: in training mode with any of these rates above 0. */
export function refuseRandom(cx: Context, ...rates: readonly number[]): void {
  if (cx.training && rates.some((rate) => rate > 0)) {
    fail("unsupported/random", { message: "the file asks for live dropout or noise (training=True) when predicting" });
  }
}
