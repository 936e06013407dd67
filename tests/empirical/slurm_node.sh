#!/bin/sh
# A SLURM of one node in a folder of its own: `slurm_node.sh start DIR`, then SLURM_CONF=DIR/slurm.conf; `slurm_node.sh stop DIR`.
# Uses the distribution's packages slurm-wlm and munge; installs them if it may (Debian, root). Touches nothing outside DIR.
set -eu
action=$1
dir=$2

stop() {
    for name in slurmd slurmctld munged; do
        if [ -f "$dir/$name.pid" ]; then
            kill "$(cat "$dir/$name.pid")" 2>/dev/null || true
        fi
    done
}

if [ "$action" = stop ]; then
    stop
    exit 0
fi

if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
    command -v apt-get >/dev/null || { echo "slurmctld and munged are not here, and there is no apt-get"; exit 77; }
    [ "$(id -u)" = 0 ] || { echo "slurmctld and munged are not here, and only root may install them"; exit 77; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends slurm-wlm munge >"$dir/apt.log" 2>&1 ||
        { echo "apt-get could not install slurm-wlm and munge"; exit 77; }
fi

host=$(hostname -s)
port=$((20000 + $$ % 20000))
mkdir -p "$dir/state" "$dir/spool"
dd if=/dev/urandom of="$dir/munge.key" bs=1024 count=1 2>/dev/null
chmod 400 "$dir/munge.key"
cat >"$dir/slurm.conf" <<CONF
ClusterName=onenode
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobRequeue=1
ReturnToService=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF

munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
    --log-file="$dir/munged.log" --seed-file="$dir/munged.seed" >/dev/null 2>&1 || { echo "munged does not start"; exit 77; }
export SLURM_CONF="$dir/slurm.conf"
slurmctld -f "$dir/slurm.conf" || { stop; echo "slurmctld does not start"; exit 77; }
slurmd -f "$dir/slurm.conf" || { stop; echo "slurmd does not start"; exit 77; }
for _ in $(seq 100); do
    if sinfo --noheader --format=%T 2>/dev/null | grep -q idle; then
        exit 0
    fi
    sleep 0.2
done
stop
echo "the node does not become idle: $(tail -n 1 "$dir/slurmd.log")"
exit 77
