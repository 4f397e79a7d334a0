"""See that the programs the tests use besides Python are there: a browser, readers of PDFs and QR codes, a virus
scanner.

What is missing is installed where the system's package manager may be used; what cannot be had is named, and the
tests that need it then fail rather than pass unseen.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable

BROWSERS = {"chromium-headless-shell": "chromium-headless-shell", "chromium": "chromium"}
"""One is enough; the first does the same work with half of the processor's time."""
PACKAGES = {"pdftotext": "poppler-utils", "zbarimg": "zbar-tools", "clamd": "clamav-daemon"}
ALSO_IN = os.pathsep.join(["/usr/sbin", "/usr/local/sbin"])
"""Where daemons are, which not everybody's path names."""
SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def there(program: str) -> bool:
    return bool(shutil.which(program) or shutil.which(program, path=ALSO_IN))


def missing() -> list[str]:
    """The packages to install: those of the programs that are not there, and a browser where there is none."""
    browser = [] if any(map(there, BROWSERS)) else [known(BROWSERS.values())]
    return [*browser, *(package for program, package in PACKAGES.items() if not there(program))]


def known(packages: Iterable[str]) -> str:
    """The first of these packages that the package manager knows."""
    for package in packages:
        if shutil.which("apt-cache") and subprocess.run(["apt-cache", "show", package], **SILENT).returncode == 0:
            return package
    return package


def main() -> None:
    if missing() and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        wanted = missing()
        print("Installing", ", ".join(wanted), "...", flush=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted], check=False, **quiet)
    for package in missing():
        print(f"Missing: {package}. The tests that need it will fail; install it with your package manager.")


if __name__ == "__main__":
    main()
