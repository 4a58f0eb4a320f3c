/** The built command line as its users run it: exit codes, streams, JSON, files. */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BACKEND_NAMES } from "../../src/api/backends.ts";
import { writeNpy } from "../../src/codecs/npy.ts";
import { readNpz, writeNpz } from "../../src/codecs/npz.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import { type Tensor, tensor } from "../../src/core/tensor.ts";
import { FIXTURES } from "../support/fixtures.ts";

const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");
const MODELS = join(FIXTURES, "models");
const LSTM = join(MODELS, "stacked_lstm/model.keras");
const IO = join(MODELS, "stacked_lstm/io.npz");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "keraport-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function keraport(...args: string[]): Promise<Ran> {
  const env = { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text.out += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (text.err += part));
  return new Promise((done) => child.on("close", (code) => done({ code, ...text })));
}

/** The one JSON document on stdout; nothing may stand beside it. */
async function json<T extends object = Record<string, unknown>>(
  ...args: string[]
): Promise<{ code: number | null; value: T }> {
  const { code, out, err } = await keraport(...args, "--json");
  expect(err).toBe("");
  return { code, value: JSON.parse(out) as T };
}

describe("keraport", () => {
  it("helps", async () => {
    const { code, out } = await keraport("--help");
    expect(code).toBe(0);
    for (const command of ["inspect", "convert", "verify", "run", "diff", "formats", "layers"])
      expect(out).toContain(command);
    expect((await keraport("convert", "--help")).out).toMatch(/--to[^]*--dialect[^]*--no-verify[^]*--force/);
    const verifying = (await keraport("verify", "--help")).out;
    for (const name of BACKEND_NAMES) expect(verifying).toMatch(new RegExp(`What computes.*\\b${name}\\b`));
    expect((await keraport("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("refuses a format that is not written with 3, helps with a command, and hints at the nearest", async () => {
    for (const args of [["x.docx"], ["x.h5", "--to", "docx"], ["x.tflite"]])
      expect((await keraport("convert", LSTM, at(args[0]!), ...args.slice(1))).code).toBe(3);
    expect((await keraport("convert", LSTM, at("x.tflite"))).err).toMatch(/TensorFlow Lite is known, but not written/);
    expect((await keraport("help", "convert")).out).toMatch(/--float16/);
    expect((await keraport("inspcet", LSTM)).err).toMatch(/did you mean inspect/);
    expect((await keraport("run", LSTM, "--bakend", "wasm")).err).toMatch(
      /unknown option --bakend: did you mean --backend/,
    );
  });

  it("exits with 2 for wrong usage", async () => {
    expect((await keraport("verify", LSTM, "--fixture", IO, "--backend", "both")).err).toMatch(
      /wasm, .*, all, not both/,
    );
    const wrong = [
      [],
      ["nonsense"],
      ["inspect"],
      ["inspect", LSTM, "--nonsense"],
      ["inspect", LSTM, LSTM],
      ["convert", LSTM],
      ["convert", LSTM, at("x.h5"), "--rename", "lower"],
      ["inspect", LSTM, "--custom", at("none.mjs")],
      ["inspcet", LSTM],
      ["convert", LSTM, at("x.h5"), "--dialect", "keras9"],
      ["verify", LSTM],
      ["verify", LSTM, "--fixture", IO, "--against", LSTM],
      ["verify", LSTM, "--against", LSTM, "--against-truth"],
      ["verify", LSTM, "--fixture", IO, "--rtol", "much"],
      ["verify", LSTM, "--fixture", IO, "--backend", "abacus"],
      ["run", LSTM],
      ["run", LSTM, "--input", IO, "--strict", "--backend", "reference"],
      ["run", LSTM, "--input", IO, "--output", at("x.txt")],
    ];
    const ran = await Promise.all(wrong.map((args) => keraport(...args)));
    ran.forEach(({ code, out, err }, i) => {
      expect([wrong[i], code, out]).toEqual([wrong[i], 2, ""]);
      expect(err).not.toBe("");
    });
  });

  it("refuses with 3 and one document of JSON", async () => {
    writeFileSync(at("noise.keras"), "PK\u0003\u0004 noise");
    const missing = await json("inspect", at("missing.keras"));
    expect(missing).toMatchObject({
      code: 3,
      value: { error: { code: "malformed/missing-file", file: at("missing.keras") } },
    });
    const refused = [
      ["inspect", at("noise.keras")],
      ["convert", at("noise.keras"), at("y.h5")],
      ["verify", at("noise.keras"), "--fixture", IO],
      ["run", at("noise.keras"), "--input", IO],
      ["diff", LSTM, at("noise.keras")],
    ];
    const ran = await Promise.all(refused.map((args) => json(...args)));
    ran.forEach(({ code, value }, i) => {
      expect([refused[i], code]).toEqual([refused[i], 3]);
      const error = { code: expect.stringMatching(/^malformed\//), message: expect.any(String) };
      expect(value["error"]).toMatchObject(error);
    });
    const usage = await json("inspect", LSTM, "--nonsense");
    expect(usage).toMatchObject({ code: 2, value: { error: { code: "mismatch/usage" } } });
    const text = await keraport("inspect", at("missing.keras"));
    expect(text).toMatchObject({ code: 3, out: "", err: expect.stringMatching(/^error\[malformed\/missing-file\] /) });
  });

  it("verifies by all backends, side by side", async () => {
    const args = ["verify", LSTM, "--fixture", IO, "--backend", "all"];
    const { code, value } = await json(...args);
    const backends = value["backends"] as Readonly<Record<string, { ok: boolean }>>;
    expect([code, value["ok"]]).toEqual([0, true]);
    expect(Object.keys(backends)).toEqual([...BACKEND_NAMES]);
    expect(Object.values(backends).every(({ ok }) => ok)).toBe(true);
    expect((await keraport(...args)).out).toMatch(/^wasm:\n[^]*^reference:\n/m);
    expect((await keraport("verify", FIXTURES, "--backend", "all")).code).toBe(2);
  });

  it("survives a reader that stops reading", async () => {
    const child = spawn(process.execPath, [MAIN, "layers", "--json"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => (err += part));
    const code = await new Promise((done) => child.on("close", done));
    expect([code, err]).toEqual([141, ""]);
  });

  it("lists formats and layers", async () => {
    const formats = (await json("formats")).value as unknown as {
      formats: { id: string; read: boolean; write: boolean }[];
    };
    expect(formats.formats.find(({ id }) => id === "keras-v3")).toMatchObject({ read: true, write: true });
    const layers = (await json("layers")).value as unknown as { layers: { class: string }[] };
    expect(layers.layers.map((layer) => layer.class)).toContain("LSTM");
    expect((await keraport("formats")).out).toMatch(/keras-h5 +yes +yes/);
    expect((await keraport("layers")).out).toMatch(/^rnn .*\n(  .*\n)*  LSTM /m);
  });
});

describe("keraport inspect", () => {
  it("shows a model", async () => {
    const { code, value } = await json("inspect", LSTM);
    expect(code).toBe(0);
    expect(value).toMatchObject({
      format: "keras-v3",
      dialect: "keras3",
      kerasVersion: "3.15.1",
      inputs: [{ name: "steps", shape: [null, 10, 8], dtype: "float32" }],
      outputs: [{ name: "classes", shape: [null, 3], dtype: "float32" }],
      layers: expect.arrayContaining([
        expect.objectContaining({
          name: "lower",
          class: "LSTM",
          outputShape: [null, 10, 8],
          parameters: 544,
          config: expect.objectContaining({ units: 8 }),
        }),
      ]),
      parameters: 957,
      warnings: [],
      problems: [],
    });
    const { out } = await keraport("inspect", LSTM, "--show-weights");
    expect(out).toMatch(/lower +LSTM +8 units, tanh +\[null, 10, 8\] +544/);
    expect(out).toMatch(/upper\/lstm_cell\/bias +\[24\] +float32 +yes/);
  });

  it("shows what layers run as", async () => {
    const { out } = await keraport("inspect", LSTM, "--kernels");
    expect(out).toMatch(/^on the wasm backend, for inputs \[1, 10, 8\]$/m);
    expect(out).toMatch(/^lower +LSTM +recurrent \(fused SIMD\)/m);
    const { value } = await json("inspect", LSTM, "--kernels");
    expect(value).toMatchObject({
      kernels: {
        backend: "wasm",
        shapes: [[1, 10, 8]],
        layers: expect.arrayContaining([
          expect.objectContaining({
            layer: "upper",
            kernels: expect.arrayContaining([{ name: "recurrent", way: "fused", count: 1 }]),
          }),
        ]),
      },
    });
  });

  it("takes weights apart, and folders", async () => {
    const apart = join(MODELS, "cnn_apart");
    const { value } = await json("inspect", join(apart, "model.json"), "--weights", join(apart, "model.weights.h5"));
    expect(value).toMatchObject({ problems: [], parameters: expect.any(Number) });
    expect((await json("inspect", join(MODELS, "plain_unzipped/model.keras"))).value).toMatchObject({
      format: "keras-v3",
      problems: [],
    });
    const alone = await json("inspect", join(apart, "model.json"));
    expect(alone).toMatchObject({ code: 0, value: { problems: [{ code: "mismatch/missing-weights" }] } });
  });

  it("prints hostile names as text", async () => {
    const path = at("evil.json");
    expect((await keraport("convert", LSTM, path)).code).toBe(0);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll('"hidden"', '"\\u001b[31mred\\u202e"'));
    const { out } = await keraport("inspect", path);
    expect(out).toContain("\\u001b[31mred\\u202e");
    expect(out).not.toContain("\u001b");
  });
});

describe("keraport convert", () => {
  it("writes, verifies, and does not overwrite", async () => {
    const { code, value } = await json("convert", LSTM, at("a.h5"));
    expect(code).toBe(0);
    expect(value).toMatchObject({
      format: "keras-h5",
      kept: ["architecture", "10 weights"],
      changed: [],
      dropped: [],
      verified: true,
    });
    expect((await keraport("convert", LSTM, at("a.h5"))).code).toBe(2);
    expect((await json("convert", LSTM, at("a.h5"))).value).toMatchObject({
      error: { code: "mismatch/output-exists" },
    });
    expect((await keraport("convert", LSTM, at("a.h5"), "--force", "--no-verify")).out).toContain("not verified");
    expect((await keraport("convert", at("a.h5"), at("a.h5"), "--force")).code).toBe(2);
    expect((await keraport("diff", LSTM, at("a.h5"))).code).toBe(0);
  });

  it("takes a format and a language", async () => {
    const { value } = await json("convert", LSTM, at("plain"), "--to", "keras-h5", "--dialect", "keras2");
    expect(value).toMatchObject({ format: "keras-h5", changed: ["dialect keras3 to keras2"] });
    expect((await json("inspect", at("plain"))).value).toMatchObject({ format: "keras-h5", dialect: "keras2" });
    for (const [ending, format] of Object.entries({
      h5: "keras-h5",
      keras: "keras-v3",
      tfjs: "tfjs-layers",
      mjs: "module",
    }))
      expect((await json("convert", LSTM, at(`by-${ending}`), "--to", ending)).value).toMatchObject({ format });
  });
});

describe("keraport verify", () => {
  it("compares with a fixture and with another model", async () => {
    const { code, value } = await json("verify", LSTM, "--fixture", IO);
    expect(code).toBe(0);
    expect(value).toMatchObject({ ok: true, firstDivergence: null });
    for (const entry of (value as unknown as { tensors: object[] })["tensors"]) {
      expect(entry).toMatchObject({
        name: expect.any(String),
        maxAbs: expect.any(Number),
        maxRel: expect.any(Number),
        maxUlp: expect.any(Number),
        ok: true,
      });
    }
    expect((await keraport("verify", LSTM, "--against", join(MODELS, "stacked_lstm_h5/model.h5"))).code).toBe(1);
    expect((await keraport("verify", LSTM, "--against", LSTM, "--rtol", "0", "--atol", "0")).code).toBe(0);
    const exact = await json("verify", LSTM, "--fixture", IO, "--against-truth");
    expect(exact).toMatchObject({ code: 0, value: { ok: true, againstTruth: true } });
  });

  it("exits with 1 and names the layer when something differs; writes a page", async () => {
    const arrays = new Map(await readNpz(bytesSource(new Uint8Array(readFileSync(IO))), DEFAULT_LIMITS));
    const upper = arrays.get("layers/upper")!;
    arrays.set("layers/upper", { ...upper, data: (upper.data as Float32Array).map((x) => x + 0.01) } as Tensor);
    writeFileSync(at("off.npz"), writeNpz(arrays));
    const { code, value } = await json("verify", LSTM, "--fixture", at("off.npz"));
    expect([code, value]).toMatchObject([1, { ok: false, firstDivergence: { layer: "upper", class: "LSTM" } }]);
    const quiet = await json("verify", LSTM, "--fixture", at("off.npz"), "--report", at("quiet.html"));
    expect(quiet.code).toBe(1);
    const page = await keraport("verify", LSTM, "--fixture", at("off.npz"), "--report", at("page.html"));
    expect(page.code).toBe(1);
    expect(page.out).toContain("first layer that differs from the fixture: upper (LSTM)");
    expect(readFileSync(at("page.html"), "utf8")).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
    expect((await keraport("verify", LSTM, "--fixture", at("off.npz"), "--report", at("page.html"))).code).toBe(2);
  });

  it("writes JUnit for continuous integration: a suite a model, failures and errors", async () => {
    mkdirSync(at("ci/<b>"), { recursive: true });
    mkdirSync(at("ci/off"));
    for (const name of ["a.keras", "b.keras"]) cpSync(LSTM, at(`ci/<b>/${name}`));
    cpSync(IO, at("ci/<b>/io.npz"));
    cpSync(LSTM, at("ci/off/model.keras"));
    cpSync(at("off.npz"), at("ci/off/io.npz"));
    expect((await keraport("verify", at("ci"), "--junit", at("ci.xml"))).code).toBe(1);
    const xml = readFileSync(at("ci.xml"), "utf8");
    expect(xml.match(/<testsuite name="[^"]*" tests="6" failures="\d" errors="0">/g)).toEqual([
      '<testsuite name="off" tests="6" failures="1" errors="0">',
      '<testsuite name="&lt;b&gt;/a.keras" tests="6" failures="0" errors="0">',
      '<testsuite name="&lt;b&gt;/b.keras" tests="6" failures="0" errors="0">',
    ]);
    expect(xml).toMatch(
      /<testcase classname="off" name="layers\/upper"><failure message="max abs 0\.01[^"]*"\/><\/testcase>/,
    );
    expect((await keraport("verify", at("missing.h5"), "--fixture", IO, "--junit", at("no.xml"))).code).toBe(3);
    expect(readFileSync(at("no.xml"), "utf8")).toMatch(
      /errors="1">\n.*<error message="error\[malformed\/missing-file\]/,
    );
    expect((await keraport("verify", LSTM, "--fixture", IO, "--junit", at("ci.xml"))).code).toBe(2);
  });

  it("goes over a folder, worst first", async () => {
    mkdirSync(at("all/deep"), { recursive: true });
    for (const name of ["cnn", "text_apart"]) cpSync(join(MODELS, name), at(`all/deep/${name}`), { recursive: true });
    mkdirSync(at("all/off"));
    cpSync(LSTM, at("all/off/model.keras"));
    cpSync(at("off.npz"), at("all/off/io.npz"));
    mkdirSync(at("all/broken"));
    cpSync(IO, at("all/broken/io.npz"));
    writeFileSync(at("all/broken/model.keras"), "noise");
    const { code, out } = await keraport("verify", at("all"));
    expect(code).toBe(1);
    expect(
      out
        .split("\n")
        .slice(1, 5)
        .map((line) => line.split(/ +/).slice(0, 2).join(" ")),
    ).toEqual([
      "broken refused",
      "off FAILED",
      expect.stringMatching(/^deep\/\w+ ok$/),
      expect.stringMatching(/^deep\/\w+ ok$/),
    ]);
    const found = await json("verify", at("all"));
    expect(found).toMatchObject({
      code: 1,
      value: {
        ok: false,
        models: [
          { folder: "broken", ok: false, errors: [{}] },
          { folder: "off", ok: false },
          { ok: true },
          { ok: true },
        ],
      },
    });
    rmSync(at("all/off"), { recursive: true });
    expect((await keraport("verify", at("all"))).code).toBe(3);
    rmSync(at("all/broken"), { recursive: true });
    expect((await keraport("verify", at("all"))).code).toBe(0);
    mkdirSync(at("none"));
    expect((await keraport("verify", at("none"))).code).toBe(3);
  });
});

describe("keraport fixture", () => {
  it("prints a script with inputs that the model takes, for its generation's Keras", async () => {
    const { code, out } = await keraport("fixture", LSTM);
    expect([code, out]).toEqual([0, expect.stringMatching(/^import keras {2}#/m)]);
    expect(out).toContain('rng.uniform(-1, 1, (2, 10, 8)).astype("float32"),  # "steps"');
    const apart = await keraport("fixture", join(MODELS, "text_apart/model.json"));
    expect(apart.out).toMatch(/rng\.randint\(0, \d+, \(2, \d+\)\)\.astype\("\w+"\)/);
    const old = (await json("fixture", join(MODELS, "tfk_siamese_h5/model.h5"))).value as { script: string };
    expect(old.script).toMatch(/^import tf_keras as keras/m);
  });
});

describe("keraport run", () => {
  it("gives what Keras gave, from .npz, .npy and .json, into the same", async () => {
    const arrays = await readNpz(bytesSource(new Uint8Array(readFileSync(IO))), DEFAULT_LIMITS);
    const [x, y] = [arrays.get("inputs/0")!, arrays.get("outputs/0")!];
    const near = (data: ArrayLike<number>) =>
      Array.from(data).every((value, i) => Math.abs(value - Number(y.data[i])) < 1e-6);
    const nested = Array.from({ length: 3 }, (_, b) =>
      Array.from({ length: 10 }, (_, t) =>
        Array.from(x.data.slice((b * 10 + t) * 8, (b * 10 + t + 1) * 8) as Float32Array),
      ),
    );
    writeFileSync(at("x.npy"), writeNpy({ ...x, dtype: "float64", data: Float64Array.from(x.data as Float32Array) }));
    writeFileSync(at("x.json"), JSON.stringify(nested));
    writeFileSync(at("named.json"), JSON.stringify({ steps: nested }));
    for (const input of [IO, at("x.npy"), at("x.json"), at("named.json")]) {
      const { code, value } = await json("run", LSTM, "--input", input);
      const { outputs } = value as unknown as {
        outputs: { name: string; dtype: string; shape: number[]; data: number[] }[];
      };
      expect([code, outputs[0]!.name, outputs[0]!.dtype, outputs[0]!.shape]).toEqual([0, "classes", "float32", [3, 3]]);
      expect(near(outputs[0]!.data)).toBe(true);
    }
    for (const ending of ["npy", "npz", "json"]) {
      const ran = await keraport("run", LSTM, "--input", IO, "--output", at(`y.${ending}`));
      expect([ran.code, ran.out]).toEqual([0, ""]);
    }
    const written = await readNpz(bytesSource(new Uint8Array(readFileSync(at("y.npz")))), DEFAULT_LIMITS);
    expect([...written.keys()]).toEqual(["outputs/0"]);
    expect(near(written.get("outputs/0")!.data as Float32Array)).toBe(true);
    expect(
      near((JSON.parse(readFileSync(at("y.json"), "utf8")) as { outputs: { data: number[] }[] }).outputs[0]!.data),
    ).toBe(true);
    expect((await keraport("run", LSTM, "--input", IO, "--output", at("y.npz"))).code).toBe(2);
    expect((await keraport("run", LSTM, "--input", at("y.npz"), "--output", at("y.npz"), "--force")).code).toBe(2);
    const strict = await json("run", LSTM, "--input", IO, "--strict");
    expect(strict).toEqual(await json("run", LSTM, "--input", IO, "--strict", "--backend", "wasm"));
    expect((await keraport("run", LSTM, "--input", IO)).out).toMatch(/^classes float32 \[3, 3\]\n {2}0\.40403\d+, /);
  });

  it("takes several inputs by name or position", async () => {
    const fixture = join(MODELS, "siamese/io.npz");
    const { code, value } = await json("run", join(MODELS, "siamese/model.keras"), "--input", fixture);
    expect([code, (value as unknown as { outputs: unknown[] }).outputs.length]).toEqual([0, 1]);
  });

  it("refuses inputs that do not fit with 3", async () => {
    writeFileSync(at("small.npy"), writeNpy(tensor([[1, 2]])));
    writeFileSync(at("words.npy"), writeNpy(tensor(["a"])));
    writeFileSync(at("ragged.json"), "[[1, 2], [3]]");
    for (const input of ["small.npy", "words.npy", "ragged.json", "missing.npy"]) {
      const { code, value } = await json("run", LSTM, "--input", at(input));
      expect([input, code, Object.keys(value)]).toEqual([input, 3, ["error"]]);
    }
    expect((await json("run", LSTM, "--input", at("small.npy"))).value).toMatchObject({
      error: { code: "mismatch/shape", path: "steps", expected: "[null, 10, 8]", found: "[1, 2]" },
    });
  });
});

describe("keraport diff", () => {
  it("exits with 1 and says where", async () => {
    const { code, value } = await json("diff", LSTM, join(MODELS, "stacked_lstm_h5/model.h5"));
    expect([code, value]).toMatchObject([1, { equal: false }]);
    expect((value as unknown as { differences: object[] }).differences[0]).toMatchObject({
      kind: "weight",
      path: expect.any(String),
    });
    expect((await keraport("diff", LSTM, LSTM)).out).toBe("equal: configs and weights\n");
    const apart = join(MODELS, "cnn_apart/model.json");
    const weights = join(MODELS, "cnn_apart/model.weights.h5");
    expect((await keraport("diff", apart, apart, "--weights", weights)).code).toBe(0);
    expect((await keraport("verify", apart, "--against", apart, "--weights", weights)).code).toBe(0);
  });
});

describe("an interrupted conversion", () => {
  it("leaves nothing behind", async () => {
    mkdirSync(at("cut"));
    const child = spawn(process.execPath, [MAIN, "convert", LSTM, at("cut/a.h5")], { stdio: "ignore" });
    setTimeout(() => child.kill("SIGINT"), 120);
    const signal = await new Promise((done) => child.on("close", (_code, by) => done(by)));
    expect([null, "SIGINT"]).toContain(signal);
    expect(readdirSync(at("cut")).filter((name) => name !== "a.h5")).toEqual([]);
    expect(existsSync(at("cut/a.h5"))).toBe(signal === null);
  });
});

/** Every output of every command × every input of it, under other names too. */
describe("an output is never an input", () => {
  const spellings: readonly (readonly [string, (path: string, name: string) => string])[] = [
    ["its path", (path) => path],
    ["a relative path", (path) => join(".", "x", "..", relative(folder, path))],
    ["a symbolic link", (path, name) => (symlinkSync(path, at(`${name}.link`)), at(`${name}.link`))],
    ["a hard link", (path, name) => (linkSync(path, at(`${name}.hard`)), at(`${name}.hard`))],
  ];
  const copy = (name: string, file: string): string => {
    cpSync(file, at(name), { recursive: true });
    return at(name);
  };
  let count = 0;
  const commands: readonly (readonly [string, string, (output: string) => readonly string[]])[] = [
    [
      "verify --fixture",
      "same/m.keras",
      (o) => ["verify", at("same/m.keras"), "--fixture", at("same/io.npz"), "--report", o],
    ],
    [
      "verify --fixture",
      "same/io.npz",
      (o) => ["verify", at("same/m.keras"), "--fixture", at("same/io.npz"), "--report", o],
    ],
    [
      "verify --against",
      "same/m.h5",
      (o) => ["verify", at("same/m.keras"), "--against", at("same/m.h5"), "--report", o],
    ],
    [
      "verify --weights",
      "same/model.weights.h5",
      (o) => [
        "verify",
        at("same/model.json"),
        "--weights",
        at("same/model.weights.h5"),
        "--fixture",
        at("same/io.npz"),
        "--report",
        o,
      ],
    ],
    [
      "verify an unzipped model",
      "same/open.keras/config.json",
      (o) => ["verify", at("same/open.keras"), "--fixture", at("same/io.npz"), "--report", o],
    ],
    ["verify a folder", "cases/one/model.keras", (o) => ["verify", at("cases"), "--report", o]],
    ["verify a folder", "cases/one/io.npz", (o) => ["verify", at("cases"), "--report", o]],
    ["run", "same/m.keras", (o) => ["run", at("same/m.keras"), "--input", at("same/x.npy"), "--output", o]],
    ["run --input", "same/x.npy", (o) => ["run", at("same/m.keras"), "--input", at("same/x.npy"), "--output", o]],
    [
      "run --weights",
      "same/model.weights.h5",
      (o) => [
        "run",
        at("same/model.json"),
        "--weights",
        at("same/model.weights.h5"),
        "--input",
        at("same/x.npy"),
        "--output",
        o,
      ],
    ],
    ["convert", "same/m.h5", (o) => ["convert", at("same/m.h5"), o, "--to", "keras-v3"]],
    [
      "convert --weights",
      "same/model.weights.h5",
      (o) => ["convert", at("same/model.json"), o, "--weights", at("same/model.weights.h5"), "--to", "keras-v3"],
    ],
    [
      "convert an unzipped model",
      "same/open.keras/model.weights.h5",
      (o) => ["convert", at("same/open.keras"), o, "--to", "keras-v3"],
    ],
  ];

  beforeAll(() => {
    for (const name of ["same", "x", "cases"]) mkdirSync(at(name));
    copy("same/m.keras", LSTM);
    copy("same/m.h5", join(MODELS, "stacked_lstm_h5/model.h5"));
    copy("same/io.npz", IO);
    copy("same/model.json", join(MODELS, "stacked_lstm_apart/model.json"));
    copy("same/model.weights.h5", join(MODELS, "stacked_lstm_apart/model.weights.h5"));
    copy("same/open.keras", join(MODELS, "plain_unzipped/model.keras"));
    copy("cases/one", join(MODELS, "stacked_lstm"));
    writeFileSync(at("same/x.npy"), writeNpy(tensor([[1]])));
  });

  const [first, ...others] = commands;
  const tried = spellings.map((spelling) => [first!, spelling] as const);
  others.forEach((command, i) => tried.push([command, spellings[i % spellings.length]!]));

  it.each(tried.map(([[what, input, args], [how, spell]]) => [what, input, how, args, spell] as const))(
    "%s: %s by %s",
    async (_, input, how, args, spell) => {
      const before = readFileSync(at(input));
      const { code, err } = await keraport(...args(spell(at(input), `name${count++}`)), "--force");
      expect([code, err], how).toEqual([2, expect.stringContaining("mismatch/same-file")]);
      expect(readFileSync(at(input)).equals(before)).toBe(true);
    },
  );

  it("but a report may lie beside the models", async () => {
    expect((await keraport("verify", at("cases"), "--report", at("cases/report.html"))).code).toBe(0);
    expect((await keraport("verify", at("cases"), "--report", at("cases/report.html"), "--force")).code).toBe(0);
  });
});
