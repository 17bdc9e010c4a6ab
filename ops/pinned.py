"""Downloads one pinned wheel from PyPI: by pip, which knows of mirrors and proxies; without pip from the index itself."""

import hashlib
import html
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

# How long the index may take to answer.
TIMEOUT_S = 60


def download(package, version, wheel_hash, folder):
    """The wheel whose SHA-256 was pinned, in a folder; ends the program with one sentence if it cannot be had."""
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode:
        wheel = _without_pip(package, version, wheel_hash, folder)
    else:
        wanted = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder]
        done = subprocess.run([*pip, *wanted, f"{package}=={version}"], capture_output=True, text=True)
        if done.returncode:
            said = done.stderr.strip().splitlines()
            _fail(f"pip cannot download {package} {version}: {said[-1] if said else 'it did not say why'}")
        wheel = next(Path(folder).glob("*.whl"))
    if sha256(wheel.read_bytes()) != wheel_hash:
        _fail(f"{wheel.name} is not the wheel that was pinned; nothing was installed.")
    return wheel


def _without_pip(package, version, wheel_hash, folder):
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + f"/{package}/"
    try:
        # Every index has this page, and on it each file's address with its hash (PEP 503).
        page = urlopen(Request(index, headers={"Accept": "text/html"}), timeout=TIMEOUT_S).read().decode()
        found = re.search(rf'href="([^"#]+)#sha256={wheel_hash}"', page)
        if not found:
            _fail(f"{index} does not have the wheel of {package} {version} that was pinned.")
        url = urljoin(index, html.unescape(found[1]))
        wheel = Path(folder) / url.rsplit("/", 1)[-1]
        wheel.write_bytes(urlopen(url, timeout=TIMEOUT_S).read())
        return wheel
    except OSError as error:
        _fail(f"{package} {version} cannot be downloaded from {index}: {error}")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def _fail(sentence):
    sys.exit(f"{Path(sys.argv[0]).name}: {sentence}")
