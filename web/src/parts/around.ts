/** What the graph needs beside its drawing: histograms as they come, overlays, the next box of a key. */
import { useEffect, useState } from "preact/hooks";
import { engine, proxy } from "../engine.ts";
import type { Box, Histogram, OpenModel, Overlay, OverlayName } from "../types.ts";

/** Histograms come one by one; they are shown as many at a time as have come. */
export function useHistograms(model: OpenModel, version: number): ReadonlyMap<string, Histogram> {
  const [found, setFound] = useState<ReadonlyMap<string, Histogram>>(new Map());
  useEffect(() => {
    const coming = new Map<string, Histogram>();
    let isWaiting = false;
    const show = (path: string, histogram: Histogram): void => {
      coming.set(path, histogram);
      if (isWaiting) return;
      isWaiting = true;
      setTimeout(() => ((isWaiting = false), setFound(new Map(coming))), 150);
    };
    engine.histograms(proxy(show)).catch(() => {});
  }, [model, version]);
  return found;
}

/** The next box in a direction: down and up in the order of drawing, sideways among those on the same height. */
export function neighbour(boxes: readonly Box[], from: string | null, key: string): Box | undefined {
  const order = [...boxes].sort((a, b) => a.y - b.y || a.x - b.x);
  const at = order.findIndex(({ path }) => path === from);
  if (at < 0) return order[0];
  if (key === "ArrowDown") return order[at + 1] ?? order[at];
  if (key === "ArrowUp") return order[at - 1] ?? order[at];
  const own = order[at]!;
  const row = order.filter(({ y, height }) => y < own.y + own.height && own.y < y + height).sort((a, b) => a.x - b.x);
  return row[row.indexOf(own) + (key === "ArrowRight" ? 1 : -1)] ?? own;
}

/** What is told of each layer in place of its class; null: nothing else. */
export function useOverlay(name: OverlayName, version: string): Overlay | null {
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  useEffect(() => {
    if (name === "class") setOverlay(null);
    else
      void engine.overlay(name).then(
        (found) => setOverlay(new Map(found)),
        () => setOverlay(new Map()),
      );
  }, [name, version]);
  return overlay;
}
