"""How a package that an extra brings gets to where this program was installed: each installer has its own way."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


def how_to_add(*packages: str) -> str:
    """The command line that puts ``packages`` beside this program, installed by pipx, uv or pip."""
    names, home = " ".join(packages), Path(sys.prefix)
    if (home / "pipx_metadata.json").exists():
        return f"pipx inject connector-probe {names}"
    if (home / "uv-receipt.toml").exists():
        return f"uv tool install {' '.join(f'--with {name}' for name in packages)} {_quoted(_source())}"
    if find_spec("pip") is None:  # a virtual environment of uv's
        return f"uv pip install --python {_quoted(sys.executable)} {names}"
    return f"{_quoted(sys.executable)} -m pip install {names}"


def _source() -> str:
    """What this program was installed from: a folder or a wheel (PEP 610), else its name in an index."""
    import json
    from importlib.metadata import distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    told = distribution("connector-probe").read_text("direct_url.json")
    url = urlsplit(json.loads(told)["url"]) if told else None
    if url is None or url.scheme != "file":
        return "connector-probe"
    return url2pathname(url.path)


def _quoted(path: str) -> str:
    """For any shell, of Windows too."""
    return f'"{path}"' if " " in path else path
