"""Build the wheel, install it in a clean environment, start it from an empty folder, and open a few pages."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from socket import socket

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with closing(socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        wheel = next(folder.glob("*.whl"))
        subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
        pip = [folder / "env/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements.lock"], check=True)
        subprocess.run([*pip, "--no-deps", wheel], check=True)

        empty = folder / "empty"
        empty.mkdir()
        port = free_port()
        environment = {
            **{key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}},
            "CHARTER_ENVIRONMENT": "demo",
            "CHARTER_MAIL": "file",
            "CHARTER_BASE_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
        }
        charter = folder / "env/bin/charter"

        def run(*words: object) -> None:
            subprocess.run([charter, *words], check=True, cwd=empty, env=environment, stdout=subprocess.DEVNULL)

        run("migrate")
        data = next((folder / "env").glob("lib/python3*/site-packages/charter/framework/data"))
        for file in data.glob("*.yaml"):
            run("publish-framework", file)
            run("publish-framework", file)  # harmless the second time
        run("load-measures")
        run("audit", "verify")
        server = subprocess.Popen([charter, "serve", "--workers", "1"], cwd=empty, env=environment)
        try:
            for _ in range(60):
                try:
                    get(f"http://127.0.0.1:{port}/health")
                    break
                except OSError:
                    time.sleep(0.5)
            for page in ("/", "/ready", "/criteria", "/employers", "/employers.json", "/sign-in"):
                assert get(f"http://127.0.0.1:{port}{page}"), page
            assert "Good Employment Charter" in get(f"http://127.0.0.1:{port}/")
        finally:
            server.terminate()
            server.wait(timeout=15)
    print("The wheel holds all it needs, installs in a clean environment and answers.")


if __name__ == "__main__":
    main()
