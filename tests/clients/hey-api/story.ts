// Register, estimate, submit, wait, history, download: with the client that hey-api makes of the document.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { client } from "./client/client.gen";
import {
  downloadImage,
  estimateImage,
  getTask,
  listTasks,
  register,
  submitImage,
} from "./client/sdk.gen";
import type { Problem, Task, TextToImage } from "./client/types.gen";

const baseUrl = process.env["API_URL"];
assert.ok(baseUrl, "API_URL says where the api answers");
let token = "";
client.setConfig({ baseUrl, auth: () => token });

/** What a request answered, or an error that names what went wrong. */
function answered<T>(result: { data?: T; error?: unknown }): T {
  if (result.data === undefined) throw new Error(JSON.stringify(result.error));
  return result.data;
}

async function ended(id: string): Promise<Task> {
  for (let round = 0; round < 10; round += 1) {
    const task = answered(await getTask({ path: { id }, query: { wait: 30 } }));
    if (task.status !== "pending" && task.status !== "processing") return task;
  }
  throw new Error("the task did not end within five minutes");
}

async function main(): Promise<void> {
  const email = `hey-${randomUUID()}@example.com`;
  const session = answered(
    await register({ body: { email, password: randomUUID() } }),
  );
  assert.equal(session.user.email, email);
  token = session.access_token;

  const order: TextToImage = { prompt: "a red fox in snow", output_format: "png" };
  const estimate = answered(await estimateImage({ body: order }));
  assert.match(estimate.estimate, /^\d+(\.\d+)?$/);

  const headers = { "Idempotency-Key": randomUUID() };
  const submitted = await submitImage({ body: order, headers });
  const task = answered(submitted);
  assert.equal(submitted.response?.headers.get("location"), `/api/generate/task/${task.id}`);
  const again = await submitImage({ body: order, headers });
  assert.equal(answered(again).id, task.id);
  assert.equal(again.response?.headers.get("idempotency-replayed"), "true");

  const done = await ended(task.id);
  assert.equal(done.status, "completed", JSON.stringify(done));
  assert.ok(done.credits_cost);

  const history = answered(await listTasks({ query: { status: "completed", limit: 5 } }));
  assert.deepEqual(history.items.map((it) => it.id), [task.id]);
  assert.equal(history.next_cursor, null);

  const image = answered(await downloadImage({ path: { id: task.id }, parseAs: "blob" }));
  assert.equal(image.type, "image/png");
  assert.equal(image.size, done.image?.bytes);

  const refused = await estimateImage({ body: { prompt: "" } });
  const problem: Problem | undefined = refused.error;
  assert.equal(problem?.code, "request.invalid");
  assert.equal(problem?.errors?.[0]?.field, "prompt");
  console.log(`hey-api: ${done.credits_cost} credits for ${image.size} bytes`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
