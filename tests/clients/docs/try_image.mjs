// Tries the image operation in the page of the documentation, as a person would, and looks at the picture.
// Nothing may be refused by the page's policy, and nothing may be asked of another host.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { chromium } from "playwright-core";

const base = process.env.API_URL;
const executablePath = process.env.CHROMIUM;
assert.ok(base && executablePath, "API_URL and CHROMIUM say where they are");

async function call(path, { token, body } = {}) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const method = body ? "POST" : "GET";
  const response = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, await response.clone().text());
  return response.json();
}

const account = { email: `docs-${randomUUID()}@example.com`, password: randomUUID() };
const { access_token: token } = await call("/api/auth/register", { body: account });
const { id } = await call("/api/generate/text-to-image", { token, body: { prompt: "a red fox" } });
let task;
do {
  task = await call(`/api/generate/task/${id}?wait=30`, { token });
} while (["pending", "processing"].includes(task.status));
assert.equal(task.status, "completed");

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  for (const viewport of [{ width: 1280, height: 900 }, { width: 390, height: 844 }]) {
    await tryImage(viewport);
  }
} finally {
  await browser.close();
}

async function tryImage(viewport) {
  const page = await browser.newPage({ viewport });
  const faults = [];
  page.on("console", (it) => it.type() === "error" && faults.push(it.text()));
  page.on("pageerror", (it) => faults.push(it.message));
  page.on("request", (it) => {
    const ours = ["data:", "blob:", base].some((start) => it.url().startsWith(start));
    if (!ours) faults.push(`asked ${it.url()}`);
  });

  await page.goto(`${base}/docs#tag/generation/GET/api/generate/task/{id}/image`);
  await page.getByRole("button", { name: /Test Request.*image/ }).first().click();
  const client = page.getByRole("dialog");
  await client.getByPlaceholder("Token").fill(token);
  // The first value that can be given is that of the path's parameter.
  await client.getByRole("combobox", { name: "Value" }).first().click();
  await page.keyboard.type(id);
  await client.getByRole("button", { name: /Send/ }).first().click();
  const image = client.locator("img[src^='blob:']");
  await image.waitFor({ timeout: 60_000 });
  const width = await image.evaluate(async (it) => {
    await it.decode();
    return it.naturalWidth;
  });
  assert.equal(width, task.image.width);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= viewport.width, `the page is ${wide} wide in ${viewport.width}`);
  assert.deepEqual(faults, []);
  console.log(`docs: ${width} pixels of an image in a window of ${viewport.width}`);
  await page.close();
}
