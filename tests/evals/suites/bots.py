"""Small systems behind an address, which answer as a test says."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Replies = Callable[[dict[str, Any]], tuple[int, dict[str, str], Any]]


class Bot:
    """A small system that speaks OpenAI's protocol; ``replies`` says what it answers."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.replies: Replies = lambda _: (200, {}, completion("Run kb rollback."))
        bot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                bot.bodies.append(body)
                bot.keys.append(self.headers["authorization"])
                status, headers, content = bot.replies(body)
                data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"content-length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"


def completion(text: str, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    used = {"prompt_tokens": 1000, "completion_tokens": 100}
    return {"id": "x", "model": "bot-1", "choices": [{"message": message}], "usage": used, **more}
