"""See that the programs the tests use besides Python are there: a browser, readers of PDFs and QR codes, a virus
scanner.

What is missing is installed where the system's package manager may be used; what cannot be had is named, and the
tests that need it then fail rather than pass unseen.
"""

import os
import shutil
import subprocess

PACKAGES = {"chromium": "chromium", "pdftotext": "poppler-utils", "zbarimg": "zbar-tools", "clamd": "clamav-daemon"}
ALSO_IN = os.pathsep.join(["/usr/sbin", "/usr/local/sbin"])
"""Where daemons are, which not everybody's path names."""


def there(program: str) -> bool:
    return bool(shutil.which(program) or shutil.which(program, path=ALSO_IN))


def missing() -> list[str]:
    return [package for program, package in PACKAGES.items() if not there(program)]


def main() -> None:
    wanted = missing()
    if wanted and shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing", ", ".join(wanted), "...", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted], check=False, **quiet)
    for package in missing():
        print(f"Missing: {package}. The tests that need it will fail; install it with your package manager.")


if __name__ == "__main__":
    main()
