/** Weights of recurrent cells as their kernels want them. */
import { cellPacking, cellSize, type Gates, UNITS } from "../kernels/cells.ts";
import { copy, fill } from "../kernels/copy.ts";
import { type NodeInput, type Place, shifted, type Site, type Form } from "../kernels/types.ts";

function run(site: Site, { kernel, args }: ReturnType<typeof copy>): void {
  site.run(kernel, args);
}

/** Gates of a kernel or of a row of a bias packed for a stage: a weight at once, anything else by copies. */
export function packed(
  site: Site,
  units: number,
  gates: Gates,
  input: NodeInput,
  depth: number,
  { firstRow = 0, form }: { readonly firstRow?: number; readonly form?: Form | undefined } = {},
): Place {
  const { first, count, total } = gates;
  if (input.weight !== undefined) return site.packed(input, cellPacking(depth, units, gates, firstRow, form));
  const target = site.scratch(4 * cellSize(depth, units, count));
  const source = shifted(input.place(), 4 * (firstRow * total + first) * units);
  const full = Math.floor(units / UNITS);
  const wide = count * UNITS;
  const move = (unit: number, panels: number, lanes: number) =>
    run(
      site,
      copy(
        shifted(source, 4 * unit),
        shifted(target, 4 * unit * depth * count),
        [panels, depth, count, lanes],
        [
          [UNITS, total * units, units, 1],
          [depth * wide, wide, UNITS, 1],
        ],
        4,
      ),
    );
  if (units % UNITS !== 0) run(site, fill(target, cellSize(depth, units, count), 0, "f32"));
  if (full > 0) move(0, full, UNITS);
  if (units % UNITS !== 0) move(full * UNITS, 1, units % UNITS);
  return target;
}
