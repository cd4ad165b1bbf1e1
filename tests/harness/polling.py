"""Waiting for a condition: the one place in the tests that sleeps."""

import time


class DeadlinePassed(AssertionError):
    pass


def wait_until(condition, within, what, every=0.05):
    """The first true value of `condition()`; fails after `within` seconds, saying `what` it waited for.

    An OSError (a refused connection, a file not there yet) counts as "not yet".
    """
    deadline = time.monotonic() + within
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except OSError as error:
            last = error
        if time.monotonic() >= deadline:
            raise DeadlinePassed(f"waited {within} s for {what}; last seen: {last!r}")
        time.sleep(every)
