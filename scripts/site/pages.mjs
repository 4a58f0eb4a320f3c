// What the site is made of, in the order of its menu: a group, and of each page its source. `made`: there is no source.
export const GROUPS = [
  ["Start", [["README.md", "What it is"], ["docs/start.md"]]],
  [
    "Guides",
    [
      ["docs/browser.md", "In the browser"],
      ["docs/running.md", "Running"],
      ["docs/streaming.md", "Streaming"],
      ["docs/convert.md", "Converting"],
      ["docs/verify.md", "Verifying"],
      ["docs/ci.md", "Parity in CI"],
      ["docs/custom.md", "Custom layers, Lambda"],
      ["docs/training.md"],
      ["docs/fine-tune.md", "Fine-tuning"],
      ["docs/modules.md", "Modules and ONNX"],
      ["docs/edge.md", "Edge and strict CSP"],
      ["docs/bulk.md", "Many models"],
      ["docs/page.md"],
      [{ made: "examples" }, "Examples"],
    ],
  ],
  [
    "Reference",
    [
      [{ made: "api/index" }, "TypeScript API"],
      ["docs/cli.md"],
      ["docs/formats.md"],
      ["docs/conversions.md"],
      ["docs/fixture-files.md"],
      [{ made: "layer-options" }, "Layers and their options"],
      ["docs/layers.md"],
      ["docs/errors.md"],
    ],
  ],
  [
    "Why it is right",
    [
      ["docs/why.md", "How parity is proved"],
      ["bench/results/0.1.0.md", "Measured speed"],
    ],
  ],
  [
    "Coming from",
    [
      ["docs/from-tensorflowjs.md", "TensorFlow.js"],
      ["docs/from-python.md", "Python"],
    ],
  ],
  [
    "Project",
    [
      ["CHANGELOG.md"],
      ["SECURITY.md", "Security"],
      ["CONTRIBUTING.md"],
      ["CODE_OF_CONDUCT.md", "Code of conduct"],
      ["docs/ARCHITECTURE.md", "Architecture"],
      ["fixtures/README.md", "Fixtures"],
      ["bench/README.md", "Benchmarks"],
      ["LICENSE", "License"],
    ],
  ],
];

/** Folders that pages link to, and the page that tells of them. */
export const FOLDERS = { examples: "examples.html", "fixtures/make": "fixtures.html", bench: "bench.html" };
