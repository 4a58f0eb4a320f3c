/** Rules that are loaded when a plan first asks for them. */
import { expect, it } from "vitest";
import { fail, FormatError } from "../../../src/core/error.ts";
import { checkLoaded, loaded, withRules } from "../../../src/engines/wasm/rules/later.ts";

it("are missing at once, and there for a plan that waits for them", async () => {
  expect(() => loaded("random")).toThrow(expect.objectContaining({ code: "mismatch/not-prepared", found: "random" }));
  let plans = 0;
  const rules = await withRules(() => (plans++, [loaded("random"), loaded("resize"), loaded("random")]));
  expect(rules[0]).toBe(rules[2]);
  // One that fails for each kind that is missing, and the one that is made.
  expect(plans).toBe(3);
  expect(loaded("resize")).toBe(rules[1]);
});

it("come all at once to a plan that asks for them together", async () => {
  let plans = 0;
  await withRules(() => (plans++, checkLoaded(["join", "random", "reduce"])));
  expect(plans).toBe(2);
});

it("are no reason to plan again what fails by itself", async () => {
  let plans = 0;
  const planned = withRules(() => (plans++, fail("limit/memory")));
  await expect(planned).rejects.toThrow(FormatError);
  expect(plans).toBe(1);
});

it("come to several plans at the same time", async () => {
  const wait = (ms: number) => new Promise((go) => setTimeout(go, ms));
  const plan = (ms: number) => withRules(async () => (await wait(ms), loaded("lookup").gatherRule));
  const [a, b] = await Promise.all([plan(0), plan(1)]);
  expect(a).toBe(b);
});
