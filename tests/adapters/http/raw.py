"""Servers that misbehave below HTTP: they drip, cut off in the middle, or never say a word."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Play = Callable[[socket.socket, threading.Event], None]


@contextmanager
def raw_server(play: Play, encrypted: ssl.SSLContext | None = None) -> Iterator[str]:
    """Each connection's request is read to its blank line, then played at; gives the address."""
    listening = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(accepted: socket.socket) -> None:
        with suppress(OSError), _wrapped(accepted, encrypted) as connection:  # the client has had enough
            while b"\r\n\r\n" not in connection.recv(65_536):
                pass
            play(connection, stopped)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if encrypted else ''}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stopped.set()
        listening.close()


def drip_headers(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not stopped.wait(0.02):
        connection.sendall(b"a")


def drip_body(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not stopped.wait(0.02):
        connection.sendall(b" ")


def cut_body(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a": 1}')


def garbage(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def _wrapped(accepted: socket.socket, encrypted: ssl.SSLContext | None) -> socket.socket:
    if encrypted is None:
        return accepted
    try:
        return encrypted.wrap_socket(accepted, server_side=True)
    except OSError:
        accepted.close()
        raise
