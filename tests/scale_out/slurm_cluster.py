"""A Slurm cluster whose nodes are the hosts of hosts.py. The controller runs on the test's own
host."""

import os
import subprocess

import child_process
from waiting import wait_until

# No accounts, no systemd, no control groups, everything below one folder. cred_expire is also the
# time that a requeued job waits, by default two minutes. With config_overrides the configuration
# decides what the nodes have, not this machine. Jobs of the partition `urgent` pre-empt others.
CONFIGURATION = """
ClusterName=test
SlurmctldHost={controller}({address})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
SlurmdParameters=config_overrides
MinJobAge=3600
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=batch_sched_delay=0,sched_interval=2
{nodes}
PartitionName=main Nodes=ALL Default=YES PriorityTier=1
PartitionName=urgent Nodes=ALL PriorityTier=2
"""


class SlurmCluster:
    """Runs during a `with` block, in a folder without spaces in its path. Its daemons write logs
    named after them."""

    def __init__(self, folder, network, hosts):
        self.folder, self.hosts = folder, hosts
        self._network = network
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        self._daemons = []
        self._nodes = {}

    def __enter__(self):
        nodes = "\n".join(f"NodeName={host.name} NodeAddr={host.address} CPUs=2 RealMemory=4000"
                          for host in self.hosts)
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            controller=self._network.name, address=self._network.address, folder=self.folder,
            nodes=nodes))
        (self.folder / "state").mkdir()
        self._start_munge()
        self._start("slurmctld", ["slurmctld", "-D"])
        for host in self.hosts:
            self.start_node(host)
        return self

    def __exit__(self, *_):
        for daemon in reversed([*self._daemons, *self._nodes.values()]):
            daemon.terminate()
            daemon.wait()

    def start_node(self, host):
        """Starts the node's daemon after the host has booted. Returns when Slurm uses the node."""
        if host.name in self._nodes:
            self._nodes[host.name].wait()
        self._nodes[host.name] = self._launch(host.name, host.command("slurmd", "-D"))
        wait_until(lambda: self.state_of(host) in ("idle", "alloc"), f"Slurm uses {host.name}")

    def state_of(self, host):
        return self.call("sinfo", "-h", "-n", host.name, "-o", "%t")

    def call(self, *words, **options):
        """The output of a Slurm command."""
        return subprocess.run(words, env=self.environment, stdout=subprocess.PIPE, text=True,
                              check=True, **options).stdout.strip()

    def _start_munge(self):
        folder = self.folder / "munge"
        folder.mkdir(mode=0o755)
        key = folder / "key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        self._start("munged", ["munged", "--foreground", "--force", f"--key-file={key}",
                               f"--socket={folder}/socket", f"--pid-file={folder}/pid",
                               f"--log-file={folder}/log", f"--seed-file={folder}/seed"])
        wait_until((folder / "socket").exists, "munged listens")

    def _start(self, name, command):
        self._daemons.append(self._launch(name, command))

    def _launch(self, name, command):
        with open(self.folder / f"{name}.log", "a") as log:
            return child_process.start(command, env=self.environment, stdout=log, stderr=log)
