/** Finds out which arguments of `json.dumps` wrote a text, from the first place that shows each. */
import type { JsonStyle } from "./node.ts";
import { PYTHON_STYLE } from "./print.ts";
import type { Scanner } from "./scanner.ts";

/** Collects what a text shows; `result` tells its style. */
export class StyleDetector {
  #indent: number | null | undefined;
  #item: string | undefined;
  #key: string | undefined;

  /** White space between an opening bracket at `depth` and the first thing in it. */
  sawOpening(space: string, depth: number): void {
    if (this.#indent !== undefined) return;
    const line = space.lastIndexOf("\n");
    this.#indent = line < 0 ? null : Math.round((space.length - line - 1) / depth);
  }

  sawItemSeparator(before: string, after: string): void {
    this.#item ??= `${before},${after.split(/\r?\n/)[0]}`;
  }

  sawKeySeparator(before: string, after: string): void {
    this.#key ??= `${before}:${after}`;
  }

  /** The style; what the text does not show is as its other separator or as Python's default. */
  result(scan: Pick<Scanner, "hasNonAscii">, end: string): JsonStyle {
    const indent = this.#indent ?? null;
    const compact = indent === null && (this.#item === "," || this.#key === ":");
    return {
      indent,
      itemSeparator: this.#item ?? (compact || indent !== null ? "," : PYTHON_STYLE.itemSeparator),
      keySeparator: this.#key ?? (compact ? ":" : PYTHON_STYLE.keySeparator),
      ensureAscii: !scan.hasNonAscii,
      ...(end === "" ? {} : { end }),
    };
  }
}
