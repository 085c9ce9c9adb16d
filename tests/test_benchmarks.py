"""The benchmarks run: otherwise they would break unnoticed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_small_run_prints_a_table() -> None:
    command = [sys.executable, "-m", "benchmarks", "--scale", "0.0002", "building", "ledger"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "build 200 mails of 60 kB" in done.stdout
    assert "freeze and settle 200 on SQLite" in done.stdout
