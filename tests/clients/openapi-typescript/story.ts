// Register, estimate, submit, wait, history, download: with the types that openapi-typescript makes of the document.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import createClient from "openapi-fetch";

import type { components, paths } from "./client/schema";

type Problem = components["schemas"]["Problem"];
type Task = components["schemas"]["Task"];

const baseUrl = process.env["API_URL"];
assert.ok(baseUrl, "API_URL says where the api answers");
const client = createClient<paths>({ baseUrl });

/** What a request answered, or an error that names what went wrong. */
function answered<T>(result: { data?: T; error?: Problem }): T {
  if (result.data === undefined) throw new Error(JSON.stringify(result.error));
  return result.data;
}

async function ended(id: string): Promise<Task> {
  for (let round = 0; round < 10; round += 1) {
    const params = { path: { id }, query: { wait: 30 } };
    const task = answered(await client.GET("/api/generate/task/{id}", { params }));
    if (task.status !== "pending" && task.status !== "processing") return task;
  }
  throw new Error("the task did not end within five minutes");
}

async function main(): Promise<void> {
  const email = `types-${randomUUID()}@example.com`;
  const body = { email, password: randomUUID() };
  const session = answered(await client.POST("/api/auth/register", { body }));
  assert.equal(session.user.email, email);
  client.use({
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${session.access_token}`);
      return request;
    },
  });

  const order = { prompt: "a red fox in snow", output_format: "png" } as const;
  const estimate = answered(await client.POST("/api/generate/estimate", { body: order }));
  assert.match(estimate.estimate, /^\d+(\.\d+)?$/);

  const header = { "Idempotency-Key": randomUUID() };
  const submit = { body: order, params: { header } };
  const task = answered(await client.POST("/api/generate/text-to-image", submit));
  const again = await client.POST("/api/generate/text-to-image", submit);
  assert.equal(answered(again).id, task.id);
  assert.equal(again.response.headers.get("idempotency-replayed"), "true");

  const done = await ended(task.id);
  assert.equal(done.status, "completed", JSON.stringify(done));
  assert.ok(done.credits_cost);

  const query = { status: "completed", limit: 5 } as const;
  const history = answered(await client.GET("/api/generate/history", { params: { query } }));
  assert.deepEqual(history.items.map((it) => it.id), [task.id]);
  assert.equal(history.next_cursor, null);

  const file = await client.GET("/api/generate/task/{id}/image", {
    params: { path: { id: task.id } },
    parseAs: "arrayBuffer",
  });
  const image = answered<ArrayBuffer>(file);
  assert.equal(file.response.headers.get("content-type"), "image/png");
  assert.equal(image.byteLength, done.image?.bytes);

  const refused = await client.POST("/api/generate/estimate", { body: { prompt: "" } });
  assert.equal(refused.error?.code, "request.invalid");
  assert.equal(refused.error?.errors?.[0]?.field, "prompt");
  console.log(`openapi-typescript: ${done.credits_cost} credits for ${image.byteLength} bytes`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
