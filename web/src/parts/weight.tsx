/** One weight of a layer: how its values are spread, what they look like, and the numbers to take along. */
import { useState } from "preact/hooks";
import { engine } from "../engine.ts";
import { copy, save } from "../files.ts";
import { grouped, shape, short } from "../text.ts";
import type { WeightView } from "../types.ts";
import { Heatmap, HistogramPlot } from "./plots.tsx";

export function Weight({ weight, layer, place }: { weight: WeightView; layer: string; place: number }) {
  const [said, setSaid] = useState("");
  const { statistics: s } = weight;
  // Of a layer inside: with its name.
  const inside = weight.path.startsWith(`${layer}/`) ? weight.path.slice(layer.length + 1) : weight.name;
  const take = async (form: "npy" | "csv"): Promise<void> => {
    const file = await engine.weightFile(layer, place, form);
    if (form === "npy") return save(`${weight.path.replaceAll("/", ".")}.npy`, file);
    setSaid((await copy(String(file))) ? "copied" : (save(`${weight.name}.csv`, file), "saved"));
  };
  return (
    <section class="weight" aria-label={weight.path}>
      <h3>
        {inside} <span class="dim">{`${shape(weight.shape)} ${weight.dtype}`}</span>
        {!weight.trainable && <span class="dim"> not trained</span>}
      </h3>
      <HistogramPlot histogram={weight.histogram} label={`Histogram of ${weight.path}`} />
      <p class="dim figures">
        <span>mean {short(s.mean)}</span>
        <span>deviation {short(s.deviation)}</span>
        <span>{grouped(s.zeros)} zeros</span>
        {s.lost > 0 && <span class="bad">{grouped(s.lost)} NaN or infinite</span>}
      </p>
      <div class={weight.grids.length > 1 ? "gates" : ""}>
        {weight.grids.map((grid) => (
          <Heatmap key={grid.title} grid={grid} label={`${weight.path} ${grid.title}`} />
        ))}
      </div>
      <p class="choose">
        <button type="button" class="button small" onClick={() => void take("csv")}>
          {said || "Copy as CSV"}
        </button>
        <button type="button" class="button small" onClick={() => void take("npy")}>
          Save .npy
        </button>
      </p>
    </section>
  );
}
