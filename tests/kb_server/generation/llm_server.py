"""A chat endpoint: a real server on loopback that speaks each protocol, well, badly or with malice."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-a-very-secret-key"
MODEL = "scripted-모델"


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    body: Mapping[str, Any]
    key: str
    path: str

    @property
    def prompt(self) -> str:
        system = self.body.get("system", "")  # Anthropic keeps it apart
        return "\n".join([str(system), *(str(message["content"]) for message in self.body["messages"])])

    @property
    def ids(self) -> list[str]:
        """The ids of the passages, in order."""
        return list(dict.fromkeys(re.findall(r"^[0-9a-f]{16} begin (k\w+)$", self.prompt, re.MULTILINE)))

    @property
    def marker(self) -> str:
        return re.findall(r"^([0-9a-f]{16}) begin", self.prompt, re.MULTILINE)[0]

    @property
    def shape(self) -> str:
        return (self.body.get("response_format") or {}).get("type", "")


@dataclass(frozen=True)
class Reply:
    """What to send back; ``text`` streams in pieces of ``step`` characters."""

    text: str = ""
    status: int = 200
    problem: Any = None
    raw: bytes | None = None
    finish: str | None = "stop"
    """None: the connection is cut instead."""
    usage: tuple[int, int] | None = (120, 30)
    step: int = 7
    pause: float = 0.0
    """Seconds between the pieces."""
    wait_for: threading.Event | None = None
    """Nothing is sent before this is set."""
    hold: threading.Event | None = None
    """Nothing is sent after the first piece before this is set."""
    is_endless: bool = False


Script = Callable[[Call], Reply]


@dataclass
class Endpoint:
    """Answers with its scripts in turn, and with the last one from then on."""

    scripts: list[Script | Reply] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set once a client has closed the connection before it had everything."""
    closing: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def says(self, *scripts: Script | Reply | str) -> None:
        self.scripts = [Reply(script) if isinstance(script, str) else script for script in scripts]

    def answer(self, call: Call) -> Reply:
        with self._lock:
            self.calls.append(call)
            self.asked.set()
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        return script if isinstance(script, Reply) else script(call)


def sentences(*pairs: tuple[str, list[str]]) -> str:
    """Give the JSON reply of a well-behaved model."""
    entries = [{"text": text, "ids": ids} for text, ids in pairs]
    return json.dumps({"sentences": entries}, ensure_ascii=False)


def citing_all(*texts: str) -> Script:
    """Say ``texts``, each with the ids of all passages."""
    return lambda call: Reply(sentences(*((text, call.ids) for text in texts)))


class _Handler(BaseHTTPRequestHandler):
    endpoint: Endpoint
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        key = self.headers.get("authorization", "") or self.headers.get("x-api-key", "")
        reply = self.endpoint.answer(Call(body, key, self.path))
        if reply.raw is not None or reply.status != 200:
            self._send_whole(reply)
            return
        try:
            self._stream(reply)
        except OSError:
            self.endpoint.hung_up.set()
        self.close_connection = True

    def _send_whole(self, reply: Reply) -> None:
        content = reply.raw if reply.raw is not None else json.dumps(reply.problem or {}).encode()
        self.send_response(reply.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, reply: Reply) -> None:
        self._wait(reply)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        if self.path in _PROTOCOLS:
            self.wfile.write("".join(_PROTOCOLS[self.path](reply)).encode())
            return
        pieces = [reply.text[at : at + reply.step] for at in range(0, len(reply.text), reply.step)]
        while True:
            for piece in pieces:
                self._event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}}]})
                self.endpoint.closing.wait(reply.pause)
                while reply.hold and not reply.hold.is_set() and not self.endpoint.closing.is_set():
                    reply.hold.wait(0.02)
            if not reply.is_endless or self.endpoint.closing.is_set():
                break
        if reply.finish is None:
            return
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish}]})
        if reply.usage:
            sent, received = reply.usage
            usage = {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received}
            self._event({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _wait(self, reply: Reply) -> None:
        """Wait for the script, and notice a client that goes away meanwhile."""
        self.connection.settimeout(0.02)
        while reply.wait_for and not reply.wait_for.is_set() and not self.endpoint.closing.is_set():
            try:
                if not self.connection.recv(1):
                    raise ConnectionResetError
            except TimeoutError:
                continue
        self.connection.settimeout(None)

    def _event(self, fields: Mapping[str, Any]) -> None:
        whole = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": MODEL} | dict(fields)
        self.wfile.write(f"data: {json.dumps(whole, ensure_ascii=False)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def _anthropic(reply: Reply) -> Iterator[str]:
    sent, received = reply.usage or (0, 0)
    start = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [],
        "stop_reason": None,
    }
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": reply.text}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": start | {"usage": {"input_tokens": sent, "output_tokens": 1}}},
        block,
        delta,
        {"type": "content_block_stop", "index": 0},
    ]
    if reply.finish:
        usage = {"input_tokens": sent, "output_tokens": received}
        events += [
            {"type": "message_delta", "delta": {"stop_reason": reply.finish}, "usage": usage},
            {"type": "message_stop"},
        ]
    for event in events:
        yield f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"


def _ollama(reply: Reply) -> Iterator[str]:
    sent, received = reply.usage or (0, 0)
    base = {"model": MODEL, "created_at": "2026-01-01T00:00:00Z"}
    message = {"message": {"role": "assistant", "content": reply.text}, "done": False}
    yield json.dumps(base | message, ensure_ascii=False) + "\n"
    if reply.finish:
        counts = {"prompt_eval_count": sent, "eval_count": received}
        end = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": reply.finish}
        yield json.dumps(base | end | counts) + "\n"


_PROTOCOLS = {"/v1/messages": _anthropic, "/api/chat": _ollama}


@contextmanager
def serving() -> Iterator[Endpoint]:
    """Serve until the block ends."""
    endpoint = Endpoint()
    handler = type("Handler", (_Handler,), {"endpoint": endpoint})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield endpoint
        finally:
            endpoint.closing.set()
            server.shutdown()
            thread.join()
