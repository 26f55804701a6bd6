"""A real archive of the tests' own: Orthanc in a folder that goes with it, on ports that nobody else has."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread

HOST = "127.0.0.1"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Whatever proxy this machine has knows nothing of its own ports."""
PROGRAMS = (Path("/usr/sbin/Orthanc"), Path("/usr/local/sbin/Orthanc"))
DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
START_S = 60.0
ANSWER_S = 60.0
TITLE = "ARCHIVE"


class NoArchive(Exception):
    """Why there is none, in a sentence."""


@dataclass(frozen=True)
class Archive:
    """What runs: its ports, and whether it speaks DICOMweb."""

    http: int
    dicom: int
    web: bool

    def ask(self, path: str, data: bytes | None = None, **headers: str) -> bytes:
        """What it answers to a request; POST with `data`."""
        request = urllib.request.Request(
            f"http://{HOST}:{self.http}{path}",
            data=data,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        with DIRECT.open(request, timeout=ANSWER_S) as answer:
            found: bytes = answer.read()
        return found

    def empty(self) -> None:
        """Forget every patient."""
        for patient in json.loads(self.ask("/patients")):
            request = urllib.request.Request(f"http://{HOST}:{self.http}/patients/{patient}", method="DELETE")
            DIRECT.open(request, timeout=ANSWER_S).close()

    def file(self, sop_instance_uid: str) -> Dataset:
        """An object as REST hands it out."""
        (found,) = json.loads(self.ask("/tools/lookup", data=sop_instance_uid.encode()))
        return dcmread(BytesIO(self.ask(f"/instances/{found['ID']}/file")))

    def store_by_web(self, files: Sequence[Path]) -> dict[str, Any]:
        """STOW-RS (PS3.18 10.5); the answer."""
        boundary = uuid.uuid4().hex
        parts = [
            b"--%b\r\nContent-Type: application/dicom\r\n\r\n%b\r\n" % (boundary.encode(), path.read_bytes())
            for path in files
        ]
        said = self.ask(
            "/dicom-web/studies",
            data=b"".join(parts) + f"--{boundary}--\r\n".encode(),
            Content_Type=f'multipart/related; type="application/dicom"; boundary={boundary}',
            Accept="application/dicom+json",
        )
        found: dict[str, Any] = json.loads(said)
        return found

    def fetch_by_web(self, sent: Dataset) -> Dataset:
        """WADO-RS (PS3.18 10.4): the one object of a request, in the syntax it was stored in."""
        answer = self.ask(
            f"/dicom-web/studies/{sent.StudyInstanceUID}/series/{sent.SeriesInstanceUID}"
            f"/instances/{sent.SOPInstanceUID}",
            Accept='multipart/related; type="application/dicom"; transfer-syntax=*',
        )
        boundary, rest = answer.lstrip(b"\r\n").split(b"\r\n", 1)
        _, body = rest.split(b"\r\n\r\n", 1)
        return dcmread(BytesIO(body[: body.rindex(b"\r\n" + boundary)]))


def program() -> Path:
    """Where Orthanc lies; NoArchive where it is not installed."""
    named = shutil.which("Orthanc")
    for path in (*PROGRAMS, *([Path(named)] if named else [])):
        if path.is_file():
            return path
    raise NoArchive("no Orthanc is installed here (the packages orthanc and orthanc-dicomweb)")


@contextmanager
def archive() -> Iterator[Archive]:
    """An Orthanc that holds nothing; it is ended with its folder. Raises NoArchive where none can be started."""
    started = program()
    with tempfile.TemporaryDirectory(prefix="orthanc-") as name:
        folder = Path(name)
        for attempt in range(3):  # somebody else may take a port between looking and starting
            ports = _free_ports(2)
            (folder / "orthanc.json").write_text(json.dumps(_configuration(folder, *ports)))
            with (folder / f"log-{attempt}").open("wb") as log:
                process = subprocess.Popen(
                    [str(started), str(folder / "orthanc.json")],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            try:
                if _answers(process, ports[0]):
                    yield Archive(*ports, web=DICOMWEB.is_file())
                    return
            finally:
                _end(process)
        raise NoArchive(f"Orthanc does not start: {(folder / 'log-2').read_text()[-500:]}")


def _configuration(folder: Path, http: int, dicom: int) -> dict[str, Any]:
    (folder / "storage").mkdir(exist_ok=True)
    return {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": http,
        "DicomPort": dicom,
        "DicomAet": TITLE,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowGet": True,
        "OverwriteInstances": True,
        "StableAge": 1,
        "Plugins": [str(DICOMWEB)] if DICOMWEB.is_file() else [],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _answers(process: subprocess.Popen[bytes], http: int) -> bool:
    """Wait until this very process answers; False when it ends before."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            DIRECT.open(f"http://{HOST}:{http}/system", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return process.poll() is None
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
