"""Register, estimate, submit, wait, history, download: with the client that openapi-python-client makes."""

import os
import uuid

from aetherflow_client import AuthenticatedClient, Client
from aetherflow_client.api.generation import (
    download_image,
    estimate_image,
    get_task,
    list_tasks,
    submit_image,
)
from aetherflow_client.api.identity import register
from aetherflow_client.models import ImageFormat, Problem, Registration, TaskStatus, TextToImage

API = os.environ["API_URL"]


def answered(result):
    assert result is not None and not isinstance(result, Problem), result
    return result


def ended(client, task):
    for _ in range(10):
        task = answered(get_task.sync(task.id, client=client, wait=30))
        if task.status not in (TaskStatus.PENDING, TaskStatus.PROCESSING):
            return task
    raise AssertionError("the task did not end within five minutes")


anonymous = Client(base_url=API, timeout=60)
email = f"python-{uuid.uuid4()}@example.com"
body = Registration(email=email, password=str(uuid.uuid4()))
session = answered(register.sync(client=anonymous, body=body))
assert session.user.email == email
client = AuthenticatedClient(base_url=API, token=session.access_token, timeout=60)

order = TextToImage(prompt="a red fox in snow", output_format=ImageFormat.PNG)
estimate = answered(estimate_image.sync(client=client, body=order))
assert float(estimate.estimate) > 0

key = str(uuid.uuid4())
task = answered(submit_image.sync(client=client, body=order, idempotency_key=key))
again = submit_image.sync_detailed(client=client, body=order, idempotency_key=key)
assert again.parsed.id == task.id
assert again.headers["Idempotency-Replayed"] == "true"

done = ended(client, task)
assert done.status == TaskStatus.COMPLETED, done

history = answered(list_tasks.sync(client=client, status=TaskStatus.COMPLETED, limit=5))
assert [it.id for it in history.items] == [task.id]
assert history.next_cursor is None

image = download_image.sync_detailed(task.id, client=client)
assert image.headers["content-type"] == "image/png"
file = answered(image.parsed)
assert len(file.payload.read()) == done.image.bytes_

refused = estimate_image.sync(client=client, body=TextToImage(prompt=""))
assert isinstance(refused, Problem) and refused.code == "request.invalid", refused
assert refused.errors[0].field == "prompt"
print(f"openapi-python-client: {done.credits_cost} credits for {done.image.bytes_} bytes")
