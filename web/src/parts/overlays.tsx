/** What the boxes of the graph tell. */
import type { OverlayName } from "../types.ts";

/** Each with what there must be first. */
const OVERLAYS: readonly (readonly [OverlayName, title: string, empty: string])[] = [
  ["class", "Classes", ""],
  ["parameters", "Parameters", ""],
  ["kernels", "Kernels, time", "It cannot run."],
  ["masks", "Masks", "No layer gives a mask."],
  ["errors", "Errors", "Verify or compare it first."],
  ["dead", "Dead units", "Run it first."],
];

interface OverlaysProps {
  readonly shown: OverlayName;
  /** Whether there is nothing to tell. */
  readonly isEmpty: boolean;
  readonly onShow: (name: OverlayName) => void;
}

export function Overlays({ shown, isEmpty, onShow }: OverlaysProps) {
  return (
    <>
      {isEmpty && <output class="dim">{OVERLAYS.find(([name]) => name === shown)![2]}</output>}
      <select
        aria-label="What the boxes tell"
        value={shown}
        onChange={(event) => onShow(event.currentTarget.value as OverlayName)}
      >
        {OVERLAYS.map(([name, title]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </>
  );
}
