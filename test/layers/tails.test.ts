/**
 * Activations far from 0, where little is left of them, to float32's relative exactness: what comes after may look at nothing
 * but whether it is 0 (Masking). Keras 3.15.1 on TensorFlow 2.21: `Sequential([Activation(name)]).predict(X)`.
 */
import { describe, expect, it } from "vitest";
import { layers, Sequential, tensor } from "../../src/index.ts";
import { erfc } from "../../src/engines/reference/arithmetic/numbers.ts";

const X = [
  -1e30,
  -80,
  -30,
  -17.5,
  -12,
  -9,
  -7.5,
  -5.9,
  -4,
  -2.5,
  -1e-10,
  0,
  1e-10,
  2.5,
  5.9,
  17.5,
  80,
  1e30,
  Infinity,
  -Infinity,
];

const TABLE: readonly ["gelu" | "silu" | "sigmoid" | "softplus" | "log_sigmoid" | "tanh" | "softsign", number[]][] = [
  [
    "gelu",
    [
      -0,
      -0,
      -0,
      -0,
      -2.13179251e-32,
      -1.01573333e-18,
      -2.39316894e-13,
      -1.07233111e-8,
      -0.000126685016,
      -0.0155241638,
      -5.00000007e-11,
      0,
      5.00000007e-11,
      2.48447585,
      5.9000001,
      17.5,
      80,
      1.00000002e30,
      Infinity,
      NaN,
    ],
  ],
  [
    "silu",
    [
      -0,
      -1.44388157e-33,
      -2.80728695e-12,
      -4.39424838e-7,
      -7.3730087e-5,
      -0.00111055118,
      -0.00414583925,
      -0.0161185674,
      -0.0719448328,
      -0.189645454,
      -5.00000007e-11,
      0,
      5.00000007e-11,
      2.31035447,
      5.88388157,
      17.5,
      80,
      1.00000002e30,
      Infinity,
      NaN,
    ],
  ],
  [
    "sigmoid",
    [
      0, 1.80485133e-35, 9.35762427e-14, 2.51099941e-8, 6.14417468e-6, 0.00012339458, 0.000552778714, 0.00273196003,
      0.0179862101, 0.0758581683, 0.5, 0.5, 0.5, 0.924141824, 0.997268021, 1, 1, 1, 1, 0,
    ],
  ],
  [
    "softplus",
    [
      0,
      1.80485133e-35,
      9.35762291e-14,
      2.51099905e-8,
      6.14419287e-6,
      0.000123402177,
      0.000552931393,
      0.00273569906,
      0.0181499291,
      0.0788897425,
      0.693147182,
      0.693147182,
      0.693147182,
      2.57888985,
      5.90273571,
      17.5,
      80,
      1.00000002e30,
      Infinity,
      0,
    ],
  ],
  [
    "log_sigmoid",
    [
      -1.00000002e30,
      -80,
      -30,
      -17.5,
      -12.0000067,
      -9.00012398,
      -7.50055361,
      -5.90273571,
      -4.01814985,
      -2.57888985,
      -0.693147182,
      -0.693147182,
      -0.693147182,
      -0.0788897425,
      -0.00273569906,
      -2.51099905e-8,
      -1.80485133e-35,
      -0,
      -0,
      -Infinity,
    ],
  ],
  [
    "tanh",
    [
      -1, -1, -1, -1, -1, -1, -0.999999285, -0.999985039, -0.999329269, -0.986614347, -1.00000001e-10, 0,
      1.00000001e-10, 0.986614347, 0.999985039, 1, 1, 1, 1, -1,
    ],
  ],
  [
    "softsign",
    [
      -1,
      -0.987654328,
      -0.967741907,
      -0.945945919,
      -0.923076928,
      -0.899999976,
      -0.882352948,
      -0.855072439,
      -0.800000012,
      -0.714285731,
      -1.00000001e-10,
      0,
      1.00000001e-10,
      0.714285731,
      0.855072439,
      0.945945919,
      0.987654328,
      1,
      NaN,
      NaN,
    ],
  ],
];

/** Each number within the usual tolerance of itself, without an absolute one; what float32 has no normal number for may be 0, as TensorFlow leaves it. */
function expectNear(found: ArrayLike<number>, wanted: readonly number[]): void {
  wanted.forEach((value, i) => {
    const message = `at ${X[i]}: ${found[i]}, ${value} expected`;
    if (!Number.isFinite(value)) expect(found[i], message).toBe(value);
    else expect(Math.abs(found[i]! - value), message).toBeLessThanOrEqual(1e-5 * Math.abs(value) + 1.2e-38);
  });
}

describe("activations far from 0", () => {
  for (const [activation, wanted] of TABLE)
    for (const backend of ["wasm", "reference"] as const)
      it(`${activation}, ${backend}`, async () => {
        const model = new Sequential();
        model.add(layers.activation({ activation, inputShape: [X.length] }));
        const [y] = await model.predict(tensor([X]), { backend });
        expectNear(y!.data as Float32Array, wanted);
      });

  it("keeps the digits of erfc in float64", () => {
    // math.erfc of Python 3.11.
    const wanted = [
      [-3.0, 1.9999779095030015],
      [0.5, 0.4795001221869535],
      [1.9, 0.0072095707647425325],
      [2.0, 0.004677734981047265],
      [2.1, 0.002979466656332984],
      [4.0, 1.541725790028002e-8],
      [6.5, 3.8421483271206475e-20],
      [10.0, 2.088487583762545e-45],
      [20.0, 5.3958656116079005e-176],
      [26.0, 5.663192408856143e-296],
    ];
    wanted.forEach(([x, y]) => expect(Math.abs(erfc(x!) - y!)).toBeLessThanOrEqual(1e-13 * y!));
  });
});
