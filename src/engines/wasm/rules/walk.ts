/** Kernels over axes, in parts where all of it would take long: a run can be stopped between them. */
import type { KernelWalk } from "../kernels/nest.ts";
import { type Site, shifted } from "../kernels/types.ts";

/** Multiply-adds that take as long as a step of such a kernel: a number loaded, changed and stored. */
export const STEP = 32;

/** Runs a kernel over its axes; `steps` it does in all. */
export function runWalk(site: Site, { kernel, axes, places, args }: KernelWalk, steps: number): void {
  const cut = { lengths: axes.lengths, work: steps * STEP, isAlone: true };
  site.split(kernel, cut, ({ from, lengths }) => {
    const moved = places.map((place, i) =>
      shifted(
        place,
        from.reduce((sum, index, axis) => sum + index * axes.strides[i]![axis]!, 0),
      ),
    );
    return args(moved, { lengths, strides: axes.strides });
  });
}
