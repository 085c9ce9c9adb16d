"""Every dependency is pinned, and the build is complete: the wheel made from the sdist works from anywhere."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    # Without PYTHONPATH the checkout cannot stand in for what is missing from the wheel.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was made from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, cwd=ROOT)
    return folder


def test_constraints_pin_every_requirement_and_name_no_package_index() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    wanted = [*project["project"]["dependencies"], *chain(*extras), *project["dependency-groups"]["dev"]]
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", constraints, flags=re.MULTILINE))
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name), "")
        assert requirement.specifier.contains(version), f"{requirement} is pinned to {version}: run `make constraints`"
    assert "://" not in constraints


def test_the_sdist_has_no_subscribers_and_the_wheel_has_what_init_and_render_need(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert "subscribers.csv" not in names
    assert {"templates/digest.mjml", "articles/night-ferry-returns.md", "digest.toml", "tests/conftest.py"} <= names
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        inside = set(wheel.namelist())
    assert {
        "digest/templates/digest.mjml",
        "digest/sample/articles/night-ferry-returns.md",
        "digest/sample/digest.toml",
        "digest/web/desk/templates/desk.html",
        "digest/web/desk/static/main.js",
        "digest/py.typed",
        "digest/render/locale/ar/LC_MESSAGES/digest.po",
    } <= inside
    assert not [name for name in inside if name.startswith(("tests/", "templates/"))]


def test_the_installed_wheel_makes_a_newsroom_and_sends_its_digest(built: Path, tmp_path: Path) -> None:
    # The packages it depends on are those of this environment; digest itself must come from the wheel.
    environment = tmp_path / "venv"
    venv.create(environment)
    python = environment / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--no-deps", "--quiet", next(built.glob("*.whl")), cwd=tmp_path)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    borrowed = run(sys.executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    (Path(site) / "zz_borrowed.pth").write_text(borrowed + "\n")
    location = run(python, "-c", "import digest; print(digest.__file__)", cwd=tmp_path)
    assert str(environment) in location
    run(environment / "bin" / "digest", "init", "paper", cwd=tmp_path)
    paper = tmp_path / "paper"
    assert "12 stories" in run(environment / "bin" / "digest", "preview", cwd=paper)
    assert "2 accepted, 0 refused" in run(environment / "bin" / "digest", "send", "--daily", cwd=paper)
    assert len(list((paper / "outbox" / "new").iterdir())) == 2
