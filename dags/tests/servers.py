"""Small servers on this machine that keep what they are sent: one for HTTP, one for mail."""

from __future__ import annotations

import json
import socketserver
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer


class Hook(HTTPServer):
    """Takes any POST; answers with the status it is told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Hooked)
        self.status, self.bodies, self.headers = 200, [], []
        self.url = f"http://127.0.0.1:{self.server_port}/hooks/open-sesame"


class _Hooked(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.headers.append(dict(self.headers) | {"path": self.path})
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


class Mailbox(socketserver.TCPServer):
    """Speaks as much SMTP as a sender needs."""

    allow_reuse_address = True

    def __init__(self, speaker=None):
        super().__init__(("127.0.0.1", 0), speaker or _Mailed)
        self.mails, self.recipients = [], []
        self.port = self.server_address[1]


class _Mailed(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self.say("354 go on")
                self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            elif word == "RCPT":
                self.server.recipients.append(line)
            self.say("221 bye" if word == "QUIT" else self.answer(line))
            if word == "QUIT":
                return

    def answer(self, line):
        return "250 ok"

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


class Refusing(_Mailed):
    """Knows nobody whose address begins with gone@."""

    def answer(self, line):
        return "550 no such user" if "gone@" in line else "250 ok"


@contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
