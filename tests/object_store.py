"""An S3 server on the loopback with one empty bucket, `pictures`; its key is `key`, `secret`."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto.server import ThreadedMotoServer


@contextmanager
def serving() -> Iterator[tuple[ThreadedMotoServer, str]]:
    """Give the running server and its address."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="pictures")
    client.close()
    try:
        yield server, address
    finally:
        server.stop()
