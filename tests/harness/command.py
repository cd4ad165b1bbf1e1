"""Running one command to its end."""

import os
import subprocess
from dataclasses import dataclass

from .paths import TUSK


@dataclass
class Outcome:
    argv: list
    code: int
    out: str
    err: str

    def ok(self):
        assert self.code == 0, f"{' '.join(self.argv)} ended with {self.code}\n{self.out[-4000:]}\n{self.err[-4000:]}"
        return self.out


def run(*argv, within=120, env=None, cwd=None, stdin=None):
    argv = [str(a) for a in argv]
    done = subprocess.run(argv, capture_output=True, timeout=within, env={**os.environ, **(env or {})}, cwd=cwd,
                          input=stdin)
    return Outcome(argv, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def tusk(*args, **options):
    """Our command, as a user would type it."""
    return run(TUSK, *args, **options)
