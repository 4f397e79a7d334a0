"""Bring the style sheet and script of GOV.UK Frontend into charter/static, pinned by version and hash.

Only the code (MIT) comes; the GDS Transport fonts, the crown and the crest are taken out, because a council is not
GOV.UK. Run it to move to a new version: change VERSION and SHA512, run, look at the pages, commit.
"""

import hashlib
import io
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

VERSION = "6.3.0"
SHA512 = (
    "717210c66e4f1c2b1b89ce3b19766b54166101e7ac8532d12fa6412a294bb11e"
    "ab3028c9b966fb16bbaad1550d30124594993fb2bb118ffabc7796ccf5c80aa0"
)
STATIC = Path(__file__).parents[1] / "charter" / "static"
SYSTEM_FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", f"govuk-frontend@{VERSION}"], cwd=folder, check=True)
        archive = Path(folder, f"govuk-frontend-{VERSION}.tgz").read_bytes()
    if hashlib.sha512(archive).hexdigest() != SHA512:
        raise SystemExit("The package is not the one this script was written for: its hash differs.")
    with tarfile.open(fileobj=io.BytesIO(archive)) as package:

        def read(name: str) -> str:
            found = package.extractfile(f"package/dist/govuk/{name}")
            assert found is not None
            return found.read().decode()

        css = read("govuk-frontend.min.css")
        js = read("govuk-frontend.min.js")
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = css.replace("GDS Transport,arial,sans-serif", SYSTEM_FONTS)
    css = re.sub(r"[^{}]*\{[^{}]*govuk-crest[^{}]*\}", "", css)
    css = re.sub(r"/\*# sourceMappingURL.*?\*/", "", css)
    js = re.sub(r"//# sourceMappingURL.*", "", js)
    for word in ("GDS Transport", "crest", "/assets/"):
        assert word not in css, word
    STATIC.joinpath("govuk-frontend.min.css").write_text(css.strip() + "\n")
    STATIC.joinpath("govuk-frontend.min.js").write_text(js.strip() + "\n")


if __name__ == "__main__":
    main()
