"""Many runs at once: processes of this machine (:mod:`local`), or an array job of a cluster (:mod:`slurm`).

The unit is one run, a record and a seed; hundreds are independent. Every way of launching ends in the same
function, which claims the run, carries it out and appends the same row to the same file.
"""
