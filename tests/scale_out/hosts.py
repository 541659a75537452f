"""Hosts that are namespaces of this machine: each has its own name, address and processes, and they
share the file system. Killing a host ends all its processes, like a loss of power. `ssh`, beside
this file, starts a command on a host."""

import ipaddress
import signal
import subprocess

import child_process
from isolation import UNSHARE
from waiting import wait_until

NETWORK = ipaddress.ip_network("10.77.0.0/24")
BRIDGE = "hosts"
# The first process of a host; a shell, because it must wait for orphans.
FIRST_PROCESS = ["bash", "-c", "echo up; exec >/dev/null; sleep infinity & wait"]


def _ip(*words):
    subprocess.run(["ip", *words], check=True)


class Network:
    """A network whose first host is this process, with the name `name` and the first address.
    `folder` has a file for each other host, named after it, with the id of its first process."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self._addresses = NETWORK.hosts()
        self.address = self.next_address()
        subprocess.run(["hostname", name], check=True)
        _ip("link", "set", "lo", "up")
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{self.address}/{NETWORK.prefixlen}", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")

    def next_address(self):
        return str(next(self._addresses))


class Host:
    def __init__(self, network, name):
        self.name = name
        self.address = network.next_address()
        self._id_file = network.folder / name
        self._first = None

    def boot(self):
        self._first = child_process.start([*UNSHARE, *FIRST_PROCESS], stdout=subprocess.PIPE)
        with self._first.stdout as output:
            output.readline()
        self._id_file.write_text(str(self._pid()))
        self.run("hostname", self.name)
        self.run("ip", "link", "set", "lo", "up")
        _ip("link", "add", self.name, "type", "veth", "peer", "name", "eth0",
            "netns", str(self._pid()))
        _ip("link", "set", self.name, "master", BRIDGE, "up")
        self.run("ip", "addr", "add", f"{self.address}/{NETWORK.prefixlen}", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")

    def kill(self):
        """Its network device vanishes a moment later."""
        self._first.send_signal(signal.SIGKILL)
        self._first.wait()
        wait_until(lambda: subprocess.run(["ip", "link", "show", self.name],
                                          capture_output=True).returncode != 0,
                   f"{self.name} is gone")

    def command(self, *words):
        """The command line that runs `words` on this host."""
        return ["nsenter", "--target", str(self._pid()), "--all", *words]

    def run(self, *words):
        subprocess.run(self.command(*words), check=True)

    def _pid(self):
        """The id of the host's first process; unshare's own process is still outside."""
        children = f"/proc/{self._first.pid}/task/{self._first.pid}/children"
        with open(children) as file:
            return int(file.read())
