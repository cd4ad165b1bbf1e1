"""Input of the size and kind that users have: the files of this machine, not zeros."""

import hashlib
import os
import random

from .paths import INPUT

MEBIBYTE = 1024 * 1024
# Not a multiple of a block, a packet or a chunk.
BIG_FILE_BYTES = 300 * MEBIBYTE + 12345


def real_file(size=BIG_FILE_BYTES):
    """A file of exactly `size` bytes, the machine's programs and libraries one after the other; made once."""
    INPUT.mkdir(parents=True, exist_ok=True)
    path = INPUT / f"real-{size}.bin"
    if path.exists() and path.stat().st_size == size:
        return path
    partial = path.with_suffix(f".{os.getpid()}.partial")
    left = size
    with open(partial, "wb") as out:
        while left > 0:
            before = left
            for source in _system_files():
                try:
                    with open(source, "rb") as file:
                        while left > 0 and (data := file.read(min(left, MEBIBYTE))):
                            out.write(data)
                            left -= len(data)
                except OSError:
                    continue
                if left == 0:
                    break
            assert left < before, "no readable file below /usr"
    partial.rename(path)
    return path


def _system_files():
    for top in ("/usr/bin", "/usr/lib"):
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    yield path


def random_file(path, size, seed=1):
    """A file of `size` bytes that no compressor shortens, the same for the same seed."""
    generator = random.Random(seed)
    with open(path, "wb") as out:
        left = size
        while left > 0:
            part = min(left, MEBIBYTE)
            out.write(generator.randbytes(part))
            left -= part
    return path


def digest(path):
    state = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as file:
        while data := file.read(4 * MEBIBYTE):
            state.update(data)
    return state.hexdigest()


def assert_same_bytes(left, right):
    assert os.path.getsize(left) == os.path.getsize(right), f"{left} and {right} differ in length"
    assert digest(left) == digest(right), f"{left} and {right} differ"
