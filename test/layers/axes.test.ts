/** Axes that an input has not, or that are named twice: refused by the layer's name, whichever the layer. */
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/core/error.ts";
import { layers, Sequential } from "../../src/node.ts";

const made: Readonly<Record<string, (axes: number | number[]) => unknown>> = {
  softmax: (axis) => layers.softmax({ axis }),
  layerNormalization: (axis) => layers.layerNormalization({ axis }),
  rmsNormalization: (axis) => layers.rmsNormalization({ axis }),
  unitNormalization: (axis) => layers.unitNormalization({ axis }),
  normalization: (axis) => layers.normalization({ axis }),
};

describe.each(Object.entries(made))("%s", (name, layer) => {
  it.each([[[2, 2]], [[-1, 2]], [[1, 3]], [[-4]], [[9]]])("axis %j", (axes) => {
    const model = new Sequential();
    const add = (): void => model.add(layer(axes) as { apply: unknown } as never);
    model.add(layers.identity({ inputShape: [3, 4] }));
    expect(add).toThrow(FormatError);
    expect(add).toThrow(new RegExp(name.replace(/([A-Z])/g, "_$1").toLowerCase()));
  });
});
