"""What all kinds of faults have in common."""

import collections


class FaultFound(Exception):
    """The program broke a promise."""


def needs_fail_calls(programs):
    """An obstacle, as FaultKind has them."""
    if programs.fail_calls is None:
        return "there is no fail_calls.so beside the trainer's build (--fail-calls names it)"
    return None


class FaultKind:
    """Cases of one kind. A case is what its seed says, however often it is made."""

    name = None
    counted = None  # what --count counts, as case() calls it
    default_count = 1

    def __init__(self, programs):
        self.programs = programs

    def count(self):
        """How many are made if the user does not say."""
        return self.default_count

    def obstacle(self):
        """Why this kind cannot be made here; None if it can."""
        return None

    def case(self, seed, folder):
        """Makes one case in an empty folder. Returns a Counter of what was done, or raises
        FaultFound."""
        raise NotImplementedError

    @staticmethod
    def tally(**counts):
        return collections.Counter({name.replace("_", " "): n for name, n in counts.items()})
