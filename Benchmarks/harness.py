"""What `run`, `faults` and `burst` share: tools, bodies, processes and how Relay is started.

Everything lives in one temporary directory and on 127.0.0.1, and is gone when the script ends.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
HOST = "127.0.0.1"
CHAT = "/v1/chat/completions"
UNLIMITED = {
    "requests_per_second": 10**6, "requests_per_minute": 10**8, "requests_per_hour": 10**9, "requests_per_day": 10**9,
    "tokens_per_minute": 10**11, "tokens_per_hour": 10**12, "tokens_per_day": 10**12,
}


# How Relay is called. A renamed flag or settings key is changed here and nowhere else.

def relay_command(binary, settings, catalog):
    return [str(binary), "serve", "--settings", str(settings), "--catalog", str(catalog)]


def relay_settings(port, overrides=()):
    """The settings of every run, with `--set section.key=value` on top."""
    settings = {
        "server": {"port": port},
        # What one relay has used is no matter of the next.
        "storage": {"directory": f"data-{port}"},
        "routing": {"strategy": "round_robin"},
        "context": {"management_mode": "adaptive"},
    }
    for override in overrides:
        path, _, text = override.partition("=")
        section, _, key = path.partition(".")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        settings.setdefault(section, {})[key] = value
    return settings


def patient():
    """Settings under which thousands are served at once and wait for their turn, as `burst` and `hold` need it."""
    return ["routing.max_concurrent_requests=4096", "routing.queue_timeout_seconds=600",
            "routing.max_quota_wait_seconds=600"]


def catalog_provider(name, base_url, models, limits=None):
    return {
        "name": name, "dialect": "openai", "base_url": base_url, "api_key_env": ["BENCH_KEY"], "priority": 1,
        "models": [{
            "name": model, "type": "text", "scale": "large", "modality": "text", "tools": True,
            "max_context_length": 131072, "limits": limits or UNLIMITED,
        } for model in models],
    }


def plain_catalog(scheme, port):
    """Three providers on one upstream; their limits are accounted and never bind."""
    host = "localhost" if scheme == "https" else HOST  # a name, so that SNI and resolution take part
    base_url = f"{scheme}://{host}:{port}/v1"
    return [catalog_provider(f"Bench{i}", base_url, ["bench-model"]) for i in (1, 2, 3)]


# Options and tools

def option_parser(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--relay", default=str(ROOT / ".build/release/relay"), metavar="PATH",
                        help="release binary of Relay (default: .build/release/relay)")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="overrides",
                        help="a setting of Relay's, on top of the run's own; may be repeated")
    parser.add_argument("--json", metavar="FILE", help="write every figure there")
    parser.add_argument("--keep", action="store_true", help="keep the temporary directory (logs, settings)")
    return parser


def install_missing(nginx=False):
    """Installs what the scripts need from Debian's archive, and only what is not there."""
    wanted = {"gcc": shutil.which("gcc"), "openssl": shutil.which("openssl"),
              "libc6-dev": os.path.exists("/usr/include/stdio.h"),
              "libssl-dev": os.path.exists("/usr/include/openssl/ssl.h")}
    if nginx:
        wanted["nginx-light"] = nginx_path()
    missing = [package for package, found in wanted.items() if not found]
    if not missing:
        return
    print(f"installing {' '.join(missing)} …", file=sys.stderr)
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    quiet = {"stdout": subprocess.DEVNULL}
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    subprocess.run([*sudo, "apt-get", "update", "-qq"], check=True, **quiet)
    subprocess.run([*sudo, *environment, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
                   check=True, **quiet)


def nginx_path():
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def compile_tools(directory):
    for name in ("upstream", "load"):
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(directory / name),
                        str(HERE / f"{name}.c"), "-lssl", "-lcrypto"], check=True)


def make_certificates(directory):
    """A CA of one run and a certificate for localhost and 127.0.0.1 (P-256, as most providers have)."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=directory,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    (directory / "san.cnf").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    for name in ("ca", "leaf"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
    openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Bench CA", "-days", "2", "-out", "ca.pem",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", "-new", "-key", "leaf.key", "-subj", "/CN=localhost", "-out", "leaf.csr")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "san.cnf", "-out", "leaf.pem")


# Request bodies

PROSE = (
    "The river carries its water past the mill, and nobody has to decide anything until the evening.",
    "Could you check whether the second query uses the index? It says \"Seq Scan\" in the plan.",
    "Das Wetter in München bleibt föhnig; für die Straße nach Garmisch gilt weiterhin Tempo 80.",
    "Path is C:\\Users\\anna\\notes\\draft.txt, and the tab\tbefore it is meant to be there.",
    "請把第三段翻譯成英文，並保留原來的語氣。 Merci d'avance — c'est très gentil 🙂",
    "{\"status\": \"ok\", \"items\": [1, 2, 3], \"next\": null}",
    "```python\ndef mean(values):\n    return sum(values) / len(values)  # fails on []\n```",
    "I tried it twice, once with the cache on and once without, and both took about 340 ms.",
)


def chat_body(size, stream):
    """A chat history of `size` bytes: several turns, escapes, code and some text that is not ASCII."""
    source = random.Random(size)
    turn = max(200, min(2000, size // 8))
    head = {"model": "meta-model", "temperature": 0.7, "max_tokens": 512}
    if stream:
        head["stream"] = True
    messages = [{"role": "system", "content": "You are a careful assistant. Answer briefly and say what is unsure."}]

    def encode():
        # Every other message as clients that escape all but ASCII send it.
        parts = [json.dumps(message, ensure_ascii=index % 2 == 1) for index, message in enumerate(messages)]
        return (json.dumps(head)[:-1] + ', "messages": [' + ", ".join(parts) + "]}").encode()

    while len(encode()) < size:
        role = "user" if len(messages) % 2 else "assistant"
        text = ""
        while len(text) < turn:
            text += source.choice(PROSE) + ("\n\n" if source.random() < 0.3 else " ")
        messages.append({"role": role, "content": text})
    if messages[-1]["role"] == "assistant":
        messages.append({"role": "user", "content": "And what follows from that?"})
    for message in reversed(messages[1:]):
        while len(encode()) > size and len(message["content"]) > 40:
            message["content"] = message["content"][:-max(1, (len(encode()) - size) // 4)]
    return encode()


def write_bodies(directory):
    for name, size, stream in (("json-2k", 2048, False), ("json-100k", 102400, False), ("stream", 2048, True)):
        (directory / name).write_bytes(chat_body(size, stream))


# The APIs that clients speak: (path, how their streams end)
WIRES = {
    "chat completions": ("/v1/chat/completions", "[DONE]"),
    "messages": ("/v1/messages", "message_stop"),
    "responses": ("/v1/responses", ""),
}


def in_words_of(wire, chat):
    """The chat completion as a client of that API would ask it."""
    system, *messages = chat["messages"]
    kept = {name: chat[name] for name in ("model", "temperature", "stream") if name in chat}
    if wire == "messages":
        return {**kept, "max_tokens": chat["max_tokens"], "system": system["content"], "messages": messages}
    if wire == "responses":
        return {**kept, "max_output_tokens": chat["max_tokens"], "instructions": system["content"], "input": messages,
                "store": False}
    return chat


def write_wires(directory):
    for wire in WIRES:
        for kind, stream in (("whole", False), ("stream", True)):
            chat = json.loads(chat_body(2048, stream))
            (directory / f"{wire}-{kind}").write_text(json.dumps(in_words_of(wire, chat)))


# Processes

def clean_environment(**more):
    """The caller's environment without its proxies and keys: nothing here may leave the machine."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "NO_PROXY": "127.0.0.1,localhost", **more}


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Server:
    """A server process with its children: CPU time and memory from /proc."""

    def __init__(self, name, command, port, log, environment, directory):
        self.name, self.port, self.log = name, port, log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                            env=environment, cwd=directory)

    def pids(self):
        children = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    fields = pathlib.Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                    children.setdefault(int(fields[1]), []).append(int(entry))
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += children.get(pid, [])
        return found

    def cpu_seconds(self):
        """User and system time of the tree, from its start."""
        ticks = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _memory(self, field):
        kilobytes = 0
        for pid in self.pids():
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith(field):
                    kilobytes += int(line.split()[1])
        return kilobytes / 1024

    def rss(self):
        """Resident memory in MiB, summed over the tree (pages that nginx's processes share count in each)."""
        return self._memory("VmRSS:")

    def peak_rss(self):
        return self._memory("VmHWM:")

    def reset_peak(self):
        for pid in self.pids():
            with contextlib.suppress(OSError):
                pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")

    def is_running(self):
        return self.process.poll() is None

    def wait_until(self, is_up, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.is_running():
                break
            with contextlib.suppress(OSError, http.client.HTTPException):
                if is_up():
                    return
            time.sleep(0.02)
        tail = pathlib.Path(self.log).read_text(errors="replace")[-2000:]
        self.stop()
        sys.exit(f"{self.name} did not come up on port {self.port}:\n{tail}")

    def stop(self):
        """SIGTERM first; what does not end in three seconds (a drain, held streams) is killed."""
        if not self.is_running():
            return
        pids = self.pids()
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()


def get(port, path, scheme="http", body=None, timeout=60, method=None):
    """Status and body of one request to a local port."""
    if scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # our own, on loopback
        connection = http.client.HTTPSConnection(HOST, port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method or ("POST" if body else "GET"), path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()


def answer_text(body):
    """The assistant's text of a whole answer or of a stream's events, and its finish reason."""
    if not body.lstrip().startswith(b"data:") and not body.lstrip().startswith(b":"):
        choice = json.loads(body)["choices"][0]
        return choice["message"]["content"], choice["finish_reason"]
    text, finish = "", None
    for line in body.decode().splitlines():
        if line.startswith("data:") and line[5:].strip() != "[DONE]":
            for choice in json.loads(line[5:]).get("choices", []):
                text += choice.get("delta", {}).get("content") or ""
                finish = choice.get("finish_reason") or finish
    return text, finish


NGINX = """
{user}worker_processes {workers};
pid {directory}/nginx.pid;
error_log {directory}/nginx.log warn;
worker_rlimit_nofile 20000;
daemon off;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    server_tokens off;
    tcp_nodelay on;
    keepalive_requests 100000000;
    client_max_body_size 64m;
    client_body_buffer_size 256k;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    upstream bench {{
        server 127.0.0.1:{upstream};
        keepalive 64;
        keepalive_requests 100000000;
    }}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Authorization "Bearer x";
    proxy_read_timeout 600s;
{tls}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ proxy_pass {scheme}://bench; proxy_buffering {buffering}; }}
    }}
}}
"""

NGINX_TLS = """
    proxy_ssl_session_reuse on;
    proxy_ssl_server_name on;
    proxy_ssl_name localhost;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate {directory}/ca.pem;
"""


class Bench:
    """The temporary directory with tools, bodies and certificates, and the servers started in it."""

    def __init__(self, options, nginx=False):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no server is left behind
        install_missing(nginx)
        self.options = options
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="relay-bench-"))
        self.servers, self.serial = [], 0
        compile_tools(self.directory)
        make_certificates(self.directory)
        write_bodies(self.directory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.stop()
        if self.options.keep:
            print(f"kept {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def start(self, name, command, port, **environment):
        self.serial += 1
        directory = self.directory / f"{self.serial}-{name}"
        directory.mkdir()
        server = Server(name, command, port, directory / "log", clean_environment(**environment), directory)
        self.servers.append(server)
        return server

    def start_upstream(self, *arguments, scheme="http", port=None):
        port = port or free_port()
        secure = ["--tls", self.directory / "leaf.pem", self.directory / "leaf.key"] if scheme == "https" else []
        command = [self.directory / "upstream", "--port", port, *secure, *arguments]
        server = self.start("upstream", [str(part) for part in command], port)
        server.wait_until(lambda: get(port, "/v1/models", scheme)[0] == 200)
        return server

    def start_nginx(self, upstream, scheme, buffering, workers, wait=True):
        port = free_port()
        directory = self.directory / f"nginx-{port}"
        directory.mkdir()
        text = NGINX.format(
            user="user root;\n" if os.geteuid() == 0 else "", workers=workers, directory=directory, upstream=upstream,
            port=port, scheme=scheme, buffering=buffering,
            tls=NGINX_TLS.format(directory=self.directory) if scheme == "https" else "")
        (directory / "nginx.conf").write_text(text)
        server = self.start("nginx", [nginx_path(), "-p", str(directory), "-c", str(directory / "nginx.conf")], port)
        if wait:
            server.wait_until(lambda: get(port, "/v1/models")[0] == 200)
        return server

    def start_relay(self, providers, overrides=(), wait=True, **environment):
        binary = pathlib.Path(self.options.relay).resolve()
        if not binary.exists():
            sys.exit(f"{binary} is not there: build it with `swift build -c release`, or name it with --relay")
        port = free_port()
        settings, catalog = self.directory / f"settings-{port}.json", self.directory / f"catalog-{port}.json"
        settings.write_text(json.dumps(relay_settings(port, [*overrides, *self.options.overrides]), indent=2))
        catalog.write_text(json.dumps({"providers": providers}, indent=2))
        server = self.start("relay", relay_command(binary, settings, catalog), port,
                            BENCH_KEY="x", SSL_CERT_FILE=str(self.directory / "ca.pem"), **environment)
        if wait:
            server.wait_until(lambda: get(port, "/health")[0] == 200)
        return server

    def load(self, port, body, *arguments, secure=False):
        """Runs the load generator to its end and returns its figures."""
        command = self.load_command(port, body, *arguments, secure=secure)
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    def load_command(self, port, body, *arguments, secure=False):
        command = [self.directory / "load", "--port", port, "--body", self.directory / body, *arguments]
        return [str(part) for part in command] + (["--tls"] if secure else [])

    def write_json(self, figures):
        if self.options.json:
            pathlib.Path(self.options.json).write_text(json.dumps(figures, indent=1) + "\n")


def machine():
    """One line that says where figures were taken."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    total = pathlib.Path("/proc/meminfo").read_text().split()[1]
    return (f"{model}, {os.cpu_count()} cores, {int(total) // 1024 // 1024 + 1} GB, Linux {os.uname().release}, "
            f"load {os.getloadavg()[0]:.2f}, {time.strftime('%Y-%m-%d %H:%M')}")
