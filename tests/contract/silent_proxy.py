"""A way to a server that can go silent without closing anything, as a network does that drops packets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class SilentProxy:
    """Listens on a port of this machine and passes everything on to a server, until `go_silent`.

    From then on connections are taken and nothing comes of them, what is sent is taken and goes nowhere, until
    `answer`: then what was held back goes on its way. `taken` counts connections.
    """

    taken = 0

    def __init__(self, server: str | tuple[str, int]) -> None:
        self._server = server
        self._passes = threading.Event()
        self._passes.set()
        self._near: list[socket.socket] = []
        self._deaf: set[socket.socket] = set()
        self._ended = False
        self._open: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._welcome, daemon=True).start()

    def go_silent(self) -> None:
        """Nothing comes through, in either direction."""
        self._passes.clear()

    def hold_back_answers(self) -> None:
        """What the server answers on the connections of now comes to nobody; new ones are as good as ever."""
        self._deaf = set(self._near)

    def answer(self) -> None:
        """Everything comes through again."""
        self._passes.set()

    def end(self) -> None:
        """Close all of it."""
        self._ended = True
        self._passes.set()
        with suppress(OSError):
            # closing alone does not wake who waits for the next connection
            self._door.shutdown(socket.SHUT_RDWR)
        for one in (self._door, *self._open):
            one.close()

    def url(self, of_server: str) -> str:
        """The address of a database on a server on a socket (`tests.contract.postgresql_server`), through this one."""
        scheme, _, rest = of_server.partition("://")
        account, _, place = rest.partition("@")
        return f"{scheme}://{account}@127.0.0.1:{self.port}{place.partition('?')[0]}"

    def _welcome(self) -> None:
        while not self._ended:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            self.taken += 1
            self._near.append(near)
            self._open.append(near)
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        self._passes.wait()
        family = socket.AF_UNIX if isinstance(self._server, str) else socket.AF_INET
        far = socket.socket(family, socket.SOCK_STREAM)
        self._open.append(far)
        try:
            far.connect(self._server)
        except OSError:
            near.close()
            return
        threading.Thread(target=self._pass_on, args=(far, near), daemon=True).start()
        self._pass_on(near, far)

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                self._passes.wait()
                if other not in self._deaf:
                    other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def silent_proxy(of_server: str) -> Iterator[SilentProxy]:
    """To the server on a socket that the address of one of its databases names."""
    folder = of_server.partition("?host=")[2]
    proxy = SilentProxy(f"{folder}/.s.PGSQL.5432")
    try:
        yield proxy
    finally:
        proxy.end()
