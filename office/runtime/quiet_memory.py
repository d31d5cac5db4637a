"""Keeps Python's collector of cyclic garbage from looking again and again through what lives as long as the process.

Prefect's server holds some hundred thousand objects that never go away; with the collector's usual thresholds a third of
a wake's time there went into looking through them. Decides nothing; serves no clause of a regulation.
"""

import gc

_YOUNG, _MIDDLE, _OLD = 20_000, 20, 50


def settle_memory() -> None:
    """Take what is alive now for permanent, and collect less often what comes after. For a process that has loaded
    everything it works with.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
