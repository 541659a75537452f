"""What all kinds of faults have in common."""

import collections


class FaultFound(Exception):
    """The program broke a promise."""


def needs_fail_calls(programs):
    """Returns why fault cases cannot run, or None."""
    if programs.fail_calls is None:
        return "there is no fail_calls.so beside the trainer's build (--fail-calls names it)"
    return None


class FaultKind:
    """Cases of one kind. A case depends only on its seed."""

    name = None
    counted = None  # the unit of --count: a key of the Counter that case() returns
    default_count = 1

    def __init__(self, programs):
        self.programs = programs

    def count(self):
        """The default number of cases."""
        return self.default_count

    def obstacle(self):
        """Returns why this kind cannot run here, or None."""
        return None

    def case(self, seed, folder):
        """Makes one case in an empty folder. Returns a Counter of what was done, or raises
        FaultFound."""
        raise NotImplementedError

    @staticmethod
    def tally(**counts):
        return collections.Counter({name.replace("_", " "): n for name, n in counts.items()})
