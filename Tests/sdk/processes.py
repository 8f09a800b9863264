"""Starts the relay's own processes and waits until they answer."""

import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def relay_binary() -> str:
    path = pathlib.Path(os.environ.get("RELAY_BIN", REPOSITORY / ".build/debug/relay"))
    if not path.exists():
        raise RuntimeError(f"{path} does not exist: run `swift build` or set RELAY_BIN")
    return str(path.resolve())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """One `relay …` with its output in a file."""

    def __init__(self, arguments: list[str], directory: pathlib.Path, name: str, variables: dict[str, str] = {}):
        self.log = directory / f"{name}.log"
        inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LD_LIBRARY_PATH") if key in os.environ}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [relay_binary(), *arguments],
                cwd=directory,
                env=inherited | variables,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_for(self, url: str, seconds: float = 20) -> None:
        """Returns when anything answers HTTP there, whatever the status."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(url, timeout=2).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"nothing answers on {url}:\n{self.log.read_text(errors='replace')[-4000:]}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
