"""A bare FastAPI endpoint that answers with the bytes of a file: the baseline of our HTTP API."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response

app = FastAPI()
BODY = b""


@app.get("/")
def answer() -> Response:
    return Response(BODY, media_type="application/json")


if __name__ == "__main__":
    BODY = Path(sys.argv[1]).read_bytes()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
